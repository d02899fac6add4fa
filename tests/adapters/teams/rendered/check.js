// Microsoft's own renderer reads cards, one JSON document a line, and writes what is wrong with each as a JSON list.
// run: node check.js <folder of node_modules>

const path = require("node:path");
const lines = require("node:readline").createInterface({ input: process.stdin });
const cards = require(path.join(process.argv[2], "adaptivecards/dist/adaptivecards.js"));

function faults(card) {
  const read = new cards.AdaptiveCard();
  const context = new cards.SerializationContext();
  read.parse(card, context);
  const found = [];
  for (let each = 0; each < context.eventCount; each += 1) {
    found.push(context.getEventAt(each).message);
  }
  return found.concat(read.validateProperties().validationEvents.map((event) => event.message));
}

lines.on("line", (line) => console.log(JSON.stringify(faults(JSON.parse(line)))));
