// Ask the endpoint of the first argument everything that Comunica can, and print what it said.

import { QueryEngine } from "@comunica/query-sparql";

const endpoint = process.argv[2];
const engine = new QueryEngine();
const hub = "https://w3id.org/seisaku/id/hub/tokyo";
const label = "http://www.w3.org/2000/01/rdf-schema#label";
// By the address alone Comunica finds out by the service description that it is an endpoint.
const context = { sources: [endpoint] };
const named = { sources: [{ type: "sparql", value: endpoint }] };

const bindings = await engine.queryBindings(`SELECT ?l { <${hub}> <${label}> ?l }`, context);
const rows = await bindings.toArray();
const ask = await engine.queryBoolean(`ASK { <${hub}> <${label}> ?l }`, named);
const quads = await engine.queryQuads(
  `CONSTRUCT { <${hub}> <${label}> ?l } WHERE { <${hub}> <${label}> ?l }`, named);
const described = await engine.queryQuads(`DESCRIBE <${hub}>`, named);
let error = "";
try {
  const none = await engine.queryBindings("SELECT * { SERVICE <urn:x> { ?s ?p ?o } }", {
    ...named,
    lenient: false,
  });
  await none.toArray();
} catch (caught) {
  error = caught.message;
}

console.log(JSON.stringify({
  select: rows.map((row) => [row.get("l").value, row.get("l").language]).sort(),
  ask,
  construct: (await quads.toArray()).length,
  describe: (await described.toArray()).length,
  error,
}));
