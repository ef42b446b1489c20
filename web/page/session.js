// What survives a reload of this tab. Each tab has its own, so that two tabs can be two people.

const kKey = "belfry-demo";

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(kKey)) ?? {};
  } catch {
    return {};
  }
}

const state = read();

function write() {
  sessionStorage.setItem(kKey, JSON.stringify(state));
}

export const session = {
  /** `{id, name, role, token}`, or undefined. */
  get me() {
    return state.me;
  },
  set me(me) {
    state.me = me;
    write();
  },

  /** The id of the open visit, or undefined. */
  get visitId() {
    return state.visitId;
  },
  set visitId(id) {
    state.visitId = id;
    write();
  },

  /** Messages of a visit that the server has not confirmed yet: `[{clientMessageId, message}]`. */
  pending(visitId) {
    return state.pending?.[visitId] ?? [];
  },
  keepPending(visitId, messages) {
    state.pending = { ...state.pending, [visitId]: messages };
    write();
  },

  forget() {
    for (const key of Object.keys(state)) delete state[key];
    sessionStorage.removeItem(kKey);
  },
};
