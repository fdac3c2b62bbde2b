"""What schemathesis has to be told: how a body of SPARQL is written down."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/sparql-query")
def sparql(_context: object, value: Any) -> bytes:  # noqa: ANN401  # whatever it thought of
    """Write the query as it is."""
    return str(value).encode("utf-8", "replace")
