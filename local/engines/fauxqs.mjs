// Starts fauxqs by its library interface: its own command line cannot persist and cannot stop logging every request.
// Usage: node fauxqs.mjs <path of fauxqs' dist/app.js> <port> <state folder>
import net from "node:net";
import { pathToFileURL } from "node:url";

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
const server = await startFauxqs({ port: Number(port), dataDir, logger: false });

for (const signal of ["SIGTERM", "SIGINT"]) {
  process.once(signal, async () => {
    await server.stop();
    process.exit(0);
  });
}
