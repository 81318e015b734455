// Usage: node group_sync_cases.mjs <path of group_sync.mjs>. Writes what happened as JSON.
import { pathToFileURL } from "node:url";

const { GroupSync, acknowledgesWrites } = await import(pathToFileURL(process.argv[2]).href);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const happened = [];

let end, fail;
const group = new GroupSync(
  () =>
    new Promise((resolve, reject) => {
      happened.push("sync begins");
      [end, fail] = [resolve, reject];
    }),
);
const caller = (name) =>
  group.synced().then(
    () => happened.push(`${name} answered`),
    (error) => happened.push(`${name} refused: ${error.message}`),
  );

caller("first");
await turn();
caller("second, during a sync");
caller("third, during a sync");
await turn();
end();
await turn();
end();
await turn();
caller("fourth, alone");
await turn();
fail(new Error("disk"));
await turn();

const asks = (method, action) => acknowledgesWrites({ method, headers: { "x-amz-target": `AmazonSQS.${action}` } });
const held = ["SendMessage", "SendMessageBatch", "ChangeMessageVisibility", "CreateQueue", "PurgeQueue"];
const notHeld = ["ReceiveMessage", "DeleteMessageBatch", "GetQueueUrl"];
console.log(
  JSON.stringify({
    happened,
    held: held.filter((action) => asks("POST", action)),
    not_held: notHeld.filter((action) => !asks("POST", action)),
    form: acknowledgesWrites({ method: "POST", headers: {} }),
    health: acknowledgesWrites({ method: "GET", headers: {} }),
  }),
);
