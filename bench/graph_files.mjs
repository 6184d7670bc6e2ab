// The exported networks, opened by the readers that Gephi Lite uses (graphology-gexf, graphology-graphml).
//
//   npm install --no-save graphology graphology-gexf graphology-graphml
//   chorusline export CASE --to network --format gexf --format graphml
//   node bench/graph_files.mjs network/network.gexf network/network.graphml
//
// Says for each file how many nodes, edges and layers arrived, and ends with code 1 where a node, an edge, a place, a
// layer or a time of the file didn't. What is in the file is counted in its text, without these readers.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const require = createRequire(resolve("package.json"));
const Graph = require("graphology");
const readers = { gexf: require("graphology-gexf"), graphml: require("graphology-graphml") };
const options = { gexf: { allowUndeclaredAttributes: true, addMissingNodes: true }, graphml: { addMissingNodes: true } };

const count = (text, pattern) => (text.match(pattern) || []).length;
const distinct = (values) => new Set(values).size;
let wrong = 0;
const check = (file, what, got, wanted) => {
  if (got === wanted) return;
  wrong += 1;
  console.log(`${file}: ${what}: ${got} arrived, ${wanted} in the file`);
};

for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf-8");
  const format = file.split(".").pop();
  const graph = readers[format].parse(Graph, text, options[format]);
  const nodes = graph.mapNodes((_, attributes) => attributes);
  const edges = graph.mapEdges((_, attributes) => attributes);
  check(file, "nodes", nodes.length, count(text, /<node /g));
  check(file, "edges", edges.length, count(text, /<edge /g));
  const layer = format === "gexf" ? / kind="([^"]+)"/g : /<data key="edge-trace">([^<]+)</g;
  check(file, "layers", distinct(edges.map((edge) => edge.trace)), distinct([...text.matchAll(layer)].map((found) => found[1])));
  check(file, "nodes with a place", nodes.filter((node) => Number.isFinite(node.x) && Number.isFinite(node.y)).length, nodes.length);
  check(file, "nodes with a label and an account", nodes.filter((node) => node.label && node.account).length, nodes.length);
  check(file, "different places", distinct(nodes.map((node) => `${node.x} ${node.y}`)) > nodes.length / 2, true);
  check(file, "edges with a weight", edges.filter((edge) => edge.weight > 0).length, edges.length);
  check(file, "edges with a life", edges.filter((edge) => Date.parse(edge.first) <= Date.parse(edge.last)).length, edges.length);
  const kept = format === "gexf" ? "" : `, type ${graph.type}`;
  console.log(`${file}: ${nodes.length} nodes, ${edges.length} edges, layers ${[...new Set(edges.map((edge) => edge.trace))].join(", ")}${kept}`);
}
process.exit(wrong ? 1 : 0);
