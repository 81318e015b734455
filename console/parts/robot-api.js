/** Calls in the name of the robots' owner, and of the robots' administrator. */
import { api } from "../core/api.js";
import { endAsOwner, robotOwner } from "../core/robot-owner.js";

const OVER_STATUS = 401;

/** An owner's token that opens nothing any more leads back to signing in as owner. */
async function asOwner(work) {
  const token = robotOwner.value?.token ?? "none";
  try {
    return await work({ credential: token });
  } catch (problem) {
    if (problem.status === OVER_STATUS && token === robotOwner.value?.token) endAsOwner();
    throw problem;
  }
}

export const ownerApi = {
  get: (path, query, options) => asOwner((more) => api.get(path, query, { ...options, ...more })),
  post: (path, body) => asOwner((more) => api.post(path, body, more)),
  put: (path, body) => asOwner((more) => api.put(path, body, more)),
  delete: (path) => asOwner((more) => api.delete(path, more)),
};

const AS_ADMIN = { credential: "robots" };

export const adminApi = {
  get: (path, query, options) => api.get(path, query, { ...options, ...AS_ADMIN }),
  post: (path, body) => api.post(path, body, AS_ADMIN),
};
