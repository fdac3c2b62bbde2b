#!/usr/bin/env bash
# screenshots.sh [ja] [en]: takes the pictures of ../protege.md, of one language or of both.
# Puts Protégé Desktop together from Maven Central, opens ontology/seisaku.ttl in it with no network,
# runs HermiT and photographs it. Takes five minutes of a processor. Needs the Debian packages
# default-jdk fonts-noto-cjk imagemagick maven openbox pngquant xdotool xvfb.
set -euo pipefail
cd "$(dirname "$0")"

here=$PWD
ontology=$(realpath ../../ontology/seisaku.ttl)
home=$here/target/home
log=$here/target/protege.log
started=()
trap 'kill "${started[@]}" 2>/dev/null || true' EXIT

# settings LANGUAGES: what File > Preferences… and the choice in the menu Reasoner would store.
settings() {
    cat <<XML
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE preferences SYSTEM "http://java.sun.com/dtd/preferences.dtd">
<preferences EXTERNAL_XML_VERSION="1.0"><root type="user"><map/>
<node name="PROTEGE_PREFERENCES"><map/>
  <node name="application_preferences"><map/>
    <node name="org.protege.editor.owl.ui.renderer.OWLRendererPreferences"><map/>
      <node name="ANNOTATIONS"><map>
        <entry key="listSize" value="2"/>
        <entry key="0" value="http://www.w3.org/2000/01/rdf-schema#label, $1"/>
        <entry key="1" value="http://www.w3.org/2004/02/skos/core#prefLabel, $1"/>
      </map></node>
    </node>
    <node name="tabs"><map/>
      <node name="visible_tabs"><map>
        <entry key="listSize" value="2"/>
        <entry key="0" value="org.protege.editor.owl.OWLEntitesTab"/>
        <entry key="1" value="org.protege.editor.owl.OWLIndividualsTab"/>
      </map></node>
    </node>
  </node>
  <node name="INFERENCE_PREFS_SET"><map/>
    <node name="org.protege.editor.owl.model.inference.ReasonerPreferences"><map>
      <entry key="DEFAULT_REASONER_ID" value="org.semanticweb.hermit.HermiT.reasoner.factory"/>
    </map></node>
  </node>
</node></root></preferences>
XML
}

# open_protege LANGUAGES: starts it without network and waits for its window.
open_protege() {
    rm -rf "$home"
    mkdir -p "$home"
    settings "$1" >"$home/settings.xml"
    echo "java.util.prefs.Preferences.importPreferences(new java.io.FileInputStream(\"$home/settings.xml\"));" |
        jshell -R-Djava.util.prefs.userRoot="$home" -
    cd target/Protege
    unshare --map-root-user --net java -Xmx2G -Xss16M \
        -Duser.home="$home" -Djava.util.prefs.userRoot="$home" -Duser.language=en \
        -Dlogback.configurationFile=conf/logback.xml -Dfile.encoding=UTF-8 \
        --add-opens=java.desktop/sun.swing=ALL-UNNAMED \
        -classpath 'bundles/*' org.protege.osgi.framework.Launcher "$ontology" >"$log" 2>&1 &
    protege=$!
    started+=("$protege")
    cd "$here"
    until window=$(xdotool search --onlyvisible --name "$ontology" 2>/dev/null); do
        kill -0 "$protege"
        sleep 1
    done
    xdotool windowmove "$window" 0 0 windowsize --sync "$window" 1280 800
    settled
}

# settled: waits until the window has not changed for five seconds.
settled() {
    local before= now
    until now=$(import -window "$window" rgb:- | sha256sum) && [ "$now" = "$before" ]; do
        before=$now
        sleep 5
    done
}

# logged TEXT SECONDS: waits until Protégé has written it.
logged() {
    timeout "$2" bash -c 'until grep -F "$1" "$2"; do sleep 1; done' - "$1" "$log" ||
        { echo "not in $log after $2 s: $1" >&2; return 1; }
}

# right: what the right half of the window shows.
right() {
    import -window "$window" -crop 700x300+520+100 rgb:- | sha256sum
}

# show NAME: goes to an entity by the end of its IRI, as Ctrl+F does.
show() {
    local before
    before=$(right)
    xdotool windowactivate --sync "$window" key ctrl+f
    until xdotool search --onlyvisible --name '^Search$' >/dev/null 2>&1; do sleep 1; done
    sleep 2
    xdotool key ctrl+a type --delay 100 "$1"
    logged "pattern: \\Q$1\\E" 60
    sleep 3
    xdotool key Return
    while [ "$(right)" = "$before" ]; do sleep 1; done
    settled
}

# photograph NAME
photograph() {
    import -window "$window" png:- | pngquant --force --output "$1.png" 64 -
}

mvn --batch-mode --quiet package
exec 3< <(exec Xvfb -displayfd 1 -screen 0 1400x900x24 -nolisten tcp 2>target/xvfb.log)
started+=($!)
read -r -u 3 number
export DISPLAY=:$number
openbox 2>target/openbox.log &
started+=($!)

[ $# -gt 0 ] || set -- ja en
for language; do
    [ "$language" = ja ] && open_protege 'ja, en' || open_protege 'en, ja'
    show def#StartupHub
    photograph "classes-$language"
    show id/hub/tokyo
    xdotool mousemove --window "$window" 110 96 click 1 # the second tab: Individuals by class
    settled
    xdotool windowactivate --sync "$window" key ctrl+r
    logged 'by HermiT' 1800
    settled
    photograph "hub-$language"
    kill "$protege"
    wait "$protege" || true
done
