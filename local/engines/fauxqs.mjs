// Starts fauxqs by its library interface: its own command line cannot persist and cannot stop logging every request.
// Usage: node fauxqs.mjs <path of fauxqs' dist/app.js> <port> <state folder>
import net from "node:net";
import path from "node:path";
import { pathToFileURL } from "node:url";

import { GroupSync, holdAnswersUntilSynced, leaveSyncingToUs, syncOf } from "./group_sync.mjs";

// fauxqs listens on 0.0.0.0 whatever it is told, and it asks for no credentials: it must stay on loopback.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (options, ...rest) {
  if (options === null || typeof options !== "object") {
    throw new TypeError("fauxqs no longer listens by options: the loopback guard must be adapted");
  }
  return listen.call(this, { ...options, host: "127.0.0.1" }, ...rest);
};

const [library, port, dataDir] = process.argv.slice(2);
const { startFauxqs } = await import(pathToFileURL(library).href);
const opened = Promise.withResolvers();
const databases = leaveSyncingToUs();
// Before it listens: a call can come with the first moment.
holdAnswersUntilSynced(new GroupSync(async () => (await opened.promise)()), (error) => {
  console.error(`the queues' state cannot be written to disk: ${error.code ?? error.name}`);
  process.exit(1); // the runner starts it again, and what was not answered is sent again
});
const server = await startFauxqs({ port: Number(port), dataDir, logger: false });
if (databases() !== 1) {
  throw new TypeError("fauxqs no longer opens one database in WAL mode: the syncing must be adapted");
}
opened.resolve(await syncOf(path.join(dataDir, "fauxqs.db-wal")));

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, async () => {
    await server.stop();
    process.exit(0);
  });
}
