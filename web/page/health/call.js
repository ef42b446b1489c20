// One call at a time: ringing, the connection between the two browsers, and the end. Knows no page: the view listens to
// `change`.

const kMeasureMs = 5_000;

/** Events: `change`, after anything that can be seen has changed. */
export class Calls extends EventTarget {
  call = null; // {id, peerId, kind, state: "calling" | "ringing" | "talking"}
  local = null; // the own camera and microphone
  remote = null; // the other side's
  notice = ""; // how the last call ended
  #peer = null;
  #ready = null; // once signals can be taken
  #signals = Promise.resolve();
  #measuring = null;

  constructor(connection, myId) {
    super();
    this.connection = connection;
    this.myId = myId;
    connection.on("call:incoming", (call) => this.#rings(call));
    connection.on("call:accepted", ({ callId }) => this.#is(callId) && this.#talk());
    connection.on("call:rejected", ({ callId }) => this.#is(callId) && this.#over("Declined"));
    connection.on("call:missed", ({ callId }) => this.#is(callId) && this.#over("No answer"));
    connection.on("call:ended", ({ callId, reason }) => this.#is(callId) && this.#over(endText(reason)));
    connection.on("call:signal", (signal) => this.#is(signal.callId) && this.#take(signal));
  }

  async start(visit, peerId, kind) {
    if (this.call) return;
    this.#set({ id: null, peerId, kind, state: "calling" });
    if (!(await this.#openDevices(kind))) return;
    const begun = await this.connection.ask("call:initiate", { recipientId: peerId, visitId: visit.id, callType: kind });
    if (!begun.success) return this.#over(begun.error);
    this.#set({ ...this.call, id: begun.callId });
    this.#connect(begun.iceServers);
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    this.#signal("offer", this.#peer.localDescription.toJSON());
  }

  async accept() {
    const { id, kind } = this.call;
    let ready;
    this.#ready = new Promise((resolve) => (ready = resolve));
    if (!(await this.#openDevices(kind))) return this.reject("no camera or microphone");
    const answer = await this.connection.ask("call:accept", { callId: id });
    if (!answer.success) return this.#over(answer.error);
    this.#connect(answer.iceServers);
    ready();
    this.#talk();
  }

  async reject(reason) {
    await this.connection.ask("call:reject", { callId: this.call.id, reason });
    this.#over("");
  }

  async hangUp() {
    if (this.call.id) await this.connection.ask("call:end", { callId: this.call.id });
    this.#over("");
  }

  close() {
    if (this.call?.id) this.connection.tell(this.call.state === "ringing" ? "call:reject" : "call:end", { callId: this.call.id });
    this.#over("");
  }

  #is(callId) {
    return this.call?.id === callId;
  }

  #set(call) {
    this.call = call;
    this.notice = "";
    this.dispatchEvent(new Event("change"));
  }

  #rings({ callId, callerId, callType }) {
    if (!this.call) this.#set({ id: callId, peerId: callerId, kind: callType, state: "ringing" });
  }

  #talk() {
    this.#set({ ...this.call, state: "talking" });
    this.#measuring = setInterval(() => this.#measure(), kMeasureMs);
  }

  async #openDevices(kind) {
    try {
      this.local = await navigator.mediaDevices.getUserMedia({ audio: true, video: kind === "video" });
    } catch (error) {
      if (this.call.state === "calling") this.#over(`No camera or microphone: ${error.message}`);
      return false;
    }
    if (!this.call) return this.#stopDevices();
    this.dispatchEvent(new Event("change"));
    return true;
  }

  #stopDevices() {
    for (const track of this.local?.getTracks() ?? []) track.stop();
    this.local = null;
    return false;
  }

  #connect(iceServers) {
    this.#peer = new RTCPeerConnection({ iceServers });
    this.remote = new MediaStream();
    for (const track of this.local.getTracks()) this.#peer.addTrack(track, this.local);
    this.#peer.addEventListener("track", ({ track }) => {
      this.remote.addTrack(track);
      this.dispatchEvent(new Event("change"));
    });
    this.#peer.addEventListener("icecandidate", ({ candidate }) => candidate && this.#signal("ice-candidate", candidate.toJSON()));
  }

  #signal(signalType, signal) {
    this.connection.ask("call:signal", { callId: this.call.id, recipientId: this.call.peerId, signal, signalType });
  }

  /** One signal after the other, once there is something to take them. */
  #take({ signal, signalType }) {
    this.#signals = this.#signals.then(async () => {
      await this.#ready;
      if (!this.#peer) return;
      if (signalType === "ice-candidate") return this.#peer.addIceCandidate(signal);
      await this.#peer.setRemoteDescription(signal);
      if (signalType !== "offer") return;
      await this.#peer.setLocalDescription(await this.#peer.createAnswer());
      this.#signal("answer", this.#peer.localDescription.toJSON());
    });
  }

  async #measure() {
    const metrics = {};
    for (const one of (await this.#peer.getStats()).values()) {
      if (one.type === "candidate-pair" && one.nominated) metrics.rtt = (one.currentRoundTripTime ?? 0) * 1000;
      if (one.type === "inbound-rtp" && one.kind === "audio") metrics.jitter = (one.jitter ?? 0) * 1000;
    }
    if (this.call) this.connection.tell("call:quality", { callId: this.call.id, metrics });
  }

  #over(notice) {
    clearInterval(this.#measuring);
    this.#peer?.close();
    this.#peer = null;
    this.#ready = null;
    this.#stopDevices();
    this.remote = null;
    this.call = null;
    this.notice = notice;
    this.dispatchEvent(new Event("change"));
  }
}

function endText(reason) {
  const kTexts = { answered_elsewhere: "Answered on another device", rejected: "Declined on another device", connection_lost: "The connection was lost", cancelled: "The call was cancelled" };
  return kTexts[reason] ?? "The call has ended";
}
