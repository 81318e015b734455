// What is acknowledged is on disk, by one sync for all that waits for it.
//
// SQLite's own way, a sync inside every write, stops the whole of node for as long as the disk takes: eight times for
// each message that passes two queues. Here it writes its log without syncing, the file is synced beside, and an answer
// that acknowledges a write is held until a sync that began after the write has ended.
import { open } from "node:fs/promises";
import { ServerResponse } from "node:http";
import { DatabaseSync } from "node:sqlite";

// Calls that change nothing, and those whose loss in a power failure does what SQS does anyway: a message that was
// received or deleted comes once more. A crash of the process alone loses nothing of either.
const NEED_NO_SYNC = new Set(
  ["ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "GetQueueUrl", "GetQueueAttributes", "ListQueues"].map(
    (action) => `AmazonSQS.${action}`,
  ),
);

/** Whether an answer to the request may say that something is on disk. */
export function acknowledgesWrites(request) {
  return request.method !== "GET" && !NEED_NO_SYNC.has(request.headers["x-amz-target"]);
}

/** Many callers, one sync at a time: each waits for one that began after its call. */
export class GroupSync {
  #sync;
  #running = Promise.resolve();
  #next = null;

  /** `sync` returns a promise. */
  constructor(sync) {
    this.#sync = sync;
  }

  synced() {
    this.#next ??= this.#running.then(() => {
      this.#running = this.#next;
      this.#next = null;
      return this.#sync();
    });
    return this.#next;
  }
}

/** Databases opened from now on leave the syncing to us. Gives a function that says how many did. */
export function leaveSyncingToUs() {
  let databases = 0;
  const exec = DatabaseSync.prototype.exec;
  DatabaseSync.prototype.exec = function (statement) {
    exec.call(this, statement);
    if (statement === "PRAGMA journal_mode = WAL") {
      // The log is written at every commit, and synced only before it is copied into the database.
      exec.call(this, "PRAGMA synchronous = NORMAL");
      databases += 1;
    }
  };
  return () => databases;
}

/** Hold answers until the log is on disk. */
export function holdAnswersUntilSynced(groupSync, giveUp) {
  const end = ServerResponse.prototype.end;
  ServerResponse.prototype.end = function (...content) {
    if (!acknowledgesWrites(this.req)) {
      return end.apply(this, content);
    }
    // What a failed sync has left on disk cannot be known: nobody may be told that it is there.
    groupSync.synced().then(() => end.apply(this, content), giveUp);
    return this;
  };
}

/** A function that syncs a file that SQLite writes. */
export async function syncOf(path) {
  const file = await open(path, "r");
  return () => file.datasync();
}
