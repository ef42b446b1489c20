// The clients in the documents that the apps were made from run here as they stand: on the root namespace, with stock
// socket.io-client. Each snippet is named by one of its lines; one that is neither run nor excused fails its document's test.
import assert from "node:assert/strict";
import { test } from "node:test";
import { AppClient, kIsoTime, kUuid7 } from "../support/app.mjs";
import { kApiKey, startBelfry } from "../support/belfry.mjs";
import { readSeeds } from "../support/seeds.mjs";
import { sign } from "../support/tokens.mjs";
import { Inbox } from "../support/wait.mjs";

const seeds = readSeeds();
const kServerSide = "server side";
const kShell = "a command of the shell, or a file's contents; no client";
const kPicture = "a picture or a tree of files";

/** A server with this app at its root. */
const start = (t, app, env = {}) => startBelfry(t, { args: ["--root-app", app], env });

/** REST calls that succeed, by this user (a null is another server). */
const restOf = (server, app) => (user, role = "user") => async (method, path, body) => {
  const answer = await server.call(method, `/v1/${app}${path}`, { as: user === null ? kApiKey : sign({ sub: user, role }), body });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.json;
};

async function emit(server, body) {
  const { status, json } = await server.call("POST", "/v1/emit", { as: kApiKey, body });
  assert.deepEqual([status, json], [202, { accepted: true }]);
}

/** A client of ours, at the root. */
const join = (t, server, app, user, options) => AppClient.join(t, server, app, user, { namespace: "/", ...options });

/** Fails unless a payload has all fields that the document's server gives under this name. */
function hasFields(seed, event, payload) {
  for (const fields of seed.payloadsOf(event)) {
    for (const field of fields) assert.notEqual(payload[field], undefined, `${event} has ${field}`);
  }
}

test("health: the clients of its document", async (t) => {
  const seed = seeds.health;
  seed.excuse(kPicture, "services/api/src/lib/");
  seed.excuse(kShell, "npm install @socket.io/redis-adapter", "REDIS_HOST=localhost", "npm run test:unit", "npm run test:integration");
  seed.excuse(kServerSide, "const io = await initializeWebSocket(httpServer, true);", "emitToUser(userId, 'notification:new', {", "emitToRoom('chat:123', 'message:new', {",
    "upstream socket_servers {", "const stats = getConnectionStats();", "const connected = await isUserConnected('user-123');");
  const kConnect = "const socket = io('http://localhost:8080', {";
  const kJoin = "socket.emit('room:join', {";
  const kSend = "socket.emit('message:send', {";
  const kTyping = "socket.on('typing:start', (data) => {";
  const kPresence = "socket.emit('presence:get', {";
  const kNotifications = "socket.on('notification:new', (data) => {";

  const server = await start(t, "health");
  const providers = ["user2", "user-789", "user-1", "user-2", "user-3"];
  const visit = await server.visit("user1", ...providers);
  const kVisit = { "visit-123": visit.id };
  const kOffer = { type: "offer", sdp: "v=0\r\n" };
  const open = async (user, role) => {
    const page = seed.page(t, server, { offerSdp: kOffer });
    await page.run(kConnect, { replace: { "your-jwt-token": sign({ sub: user, role }) } });
    const [hello] = await page.says("Connected:");
    assert.deepEqual({ ...hello, timestamp: 0 }, { userId: user, socketId: page.scope.socket.id, role, timestamp: 0 });
    assert.match(hello.timestamp, kIsoTime);
    return page;
  };
  const patient = await open("user1", "patient");
  const provider = await open("user2", "provider");
  const stranger = await open("user-9", "patient");
  const callee = await open("user-789", "provider");

  await t.test("connection errors", async () => {
    for (const [replace, text] of [
      [{}, "Invalid token"],
      [{ "your-jwt-token": "" }, "No token provided"],
      [{ "your-jwt-token": sign({ sub: "user1", exp: 1 }) }, "Token expired"],
    ]) {
      const page = seed.page(t, server);
      await page.run(kConnect, { replace });
      assert.deepEqual(await page.says("Connection error:", "error"), [`Authentication error: ${text}`]);
    }
  });

  await t.test("a room, and its errors", async () => {
    for (const page of [patient, provider]) {
      await page.run(kJoin, { replace: kVisit });
      assert.deepEqual(await page.says("Joined room:"), ["chat:user1:user2"]);
    }
    const [participants] = await provider.says("Participants:");
    assert.deepEqual(participants.map(({ userId, role }) => [userId, role]).sort(), [["user1", "patient"], ["user2", "provider"]]);
    for (const { joinedAt } of participants) assert.match(joinedAt, kIsoTime);
    const told = await patient.event("room:userJoined");
    assert.deepEqual([told.roomId, told.userId, told.role], ["chat:user1:user2", "user2", "provider"]);
    await stranger.run(kJoin);
    assert.deepEqual(await stranger.answer("room:join"), { success: false, error: "Access denied to this room" });
    await stranger.run(kJoin, { replace: { "chat:user1:user2": "chat" } });
    assert.deepEqual(await stranger.answer("room:join"), { success: false, error: "Room not found" });
  });

  await t.test("messages, and their errors", async () => {
    await provider.run("socket.on('message:new', (data) => {");
    await patient.run(kSend, { replace: kVisit });
    const [sent] = await patient.says("Message sent:");
    const [got] = await provider.says("New message:");
    assert.match(got.id, kUuid7);
    assert.match(got.timestamp, kIsoTime);
    assert.deepEqual({ ...got, id: 0, timestamp: 0 }, { id: 0, visitId: visit.id, seq: 1, senderId: "user1", message: "Hello, doctor!", attachments: [], replyTo: null, timestamp: 0 });
    assert.deepEqual(sent, got);
    await patient.answer("message:send");
    await patient.run(kSend);
    assert.deepEqual(await patient.answer("message:send"), { success: false, error: "Access denied to this conversation" });
    await patient.run(kSend, { replace: { ...kVisit, "Hello, doctor!": "" } });
    assert.deepEqual(await patient.answer("message:send"), { success: false, error: "Message content is required" });
  });

  await t.test("typing", async () => {
    for (const page of [provider, patient]) await page.run(kTyping);
    await provider.says("user1 is typing...");
    await provider.says("user1 stopped typing");
    await provider.run("socket.emit('typing:start', {", { part: true });
    await patient.says("user2 is typing...");
    await provider.run("socket.emit('typing:stop', {", { part: true });
    await patient.says("user2 stopped typing");
  });

  await t.test("a call: incoming, accepted, signalled, ended; another rejected", async () => {
    await callee.run("socket.on('call:incoming', (data) => {", { part: true });
    await callee.run("socket.on('call:signal', (data) => {", { part: true });
    const ring = async () => {
      await patient.run("socket.emit('call:initiate', {", { part: true, replace: kVisit });
      assert.deepEqual(await callee.says("Incoming call from:"), ["user1"]);
      const { success, callId, iceServers } = await patient.answer("call:initiate");
      assert.deepEqual([success, Array.isArray(iceServers)], [true, true]);
      return { "call-123": callId };
    };
    const replace = await ring();
    const callId = replace["call-123"];
    await callee.run("socket.emit('call:accept', {", { part: true, replace });
    assert.equal((await callee.answer("call:accept")).callId, callId);
    assert.equal((await patient.event("call:accepted")).acceptedBy, "user-789");
    await patient.run("socket.emit('call:signal', {", { part: true, replace });
    assert.deepEqual(await callee.event("call:signal"), { callId, senderId: "user1", signal: kOffer, signalType: "offer" });
    await patient.run("socket.emit('call:end', {", { part: true, replace });
    for (const page of [patient, callee]) {
      const { endedBy, duration } = await page.event("call:ended", (told) => told.callId === callId);
      assert.equal(endedBy, "user1");
      assert.ok(Number.isInteger(duration) && duration < 300, "the server's own duration");
    }
    await callee.run("socket.emit('call:accept', {", { part: true, replace });
    assert.deepEqual(await callee.answer("call:accept"), { success: false, error: "Cannot accept call in ended state" });

    const second = await ring();
    await callee.run("socket.emit('call:reject', {", { part: true, replace: second });
    assert.deepEqual(await patient.event("call:rejected"), { callId: second["call-123"], rejectedBy: "user-789", reason: "busy" });
  });

  await t.test("the calls' snippet at once, of a call that is not there", async () => {
    await patient.run("socket.on('call:incoming', (data) => {", { replace: kVisit });
    assert.equal((await patient.answer("call:initiate")).success, true);
    assert.deepEqual(await patient.answer("call:accept"), { success: false, error: "Call not found" });
    for (const event of ["call:reject", "call:end", "call:signal"]) {
      assert.deepEqual(await patient.event("error", (error) => error.event === event), { event, message: "Call not found" });
    }
  });

  await t.test("presence", async () => {
    await patient.run(kPresence);
    for (const id of ["user-1", "user-2", "user-3"]) await patient.says(`${id}: offline`);
    assert.deepEqual((await patient.answer("presence:get")).presences.map(({ userId }) => userId), ["user-1", "user-2", "user-3"]);
    const mine = await patient.event("presence:statusUpdated");
    assert.equal(mine.customStatus, "In a meeting");
    const initial = await patient.event("presence:initial");
    assert.deepEqual(initial.presences.map(({ userId, status }) => [userId, status]), [["user-1", "offline"], ["user-2", "offline"]]);
    await open("user-1", "provider");
    await patient.says("user-1 is now online");
    await stranger.run(kPresence);
    assert.equal((await stranger.answer("presence:get")).success, true);
    await stranger.event("presence:initial");
    assert.deepEqual(stranger.lines.items.filter(({ args }) => /^user-\d: (?!offline)/.test(args[0])), [], "a stranger's status");
  });

  const rest = restOf(server, "health");
  const notify = (to) => rest(null)("POST", "/notifications", { ...to, type: "appointment_reminder", title: "Upcoming Appointment", message: "Your appointment is in 30 minutes" });
  await t.test("notifications", async () => {
    const [first, second] = [await notify({ userId: "user2" }), await notify({ userId: "user2" })];
    for (const { id } of [first, second]) await provider.event("notification:new", (one) => one.id === id);
    await provider.run(kNotifications, { replace: { "notif-123": first.id } });
    await provider.says("Notification marked as read");
    await provider.says("Marked 1 notifications as read");
    await provider.says(/^Unread notifications: \d$/);
    assert.deepEqual([...(await provider.event("notification:subscribed")).topics].sort(), ["appointments", "messages"]);
    const own = await notify({ userId: "user2" });
    const [shown] = await provider.says("New notification:");
    assert.deepEqual([shown.id, shown.type, shown.title, shown.message, shown.read], [own.id, "appointment_reminder", "Upcoming Appointment", "Your appointment is in 30 minutes", false]);
    assert.match(shown.timestamp, kIsoTime);
    hasFields(seed, "notification:new", shown);
    await notify({ topic: "appointments" });
    assert.equal((await provider.says("New notification:"))[0].topic, "appointments");
    await stranger.run(kNotifications);
    assert.deepEqual(await stranger.answer("notification:read"), { success: false, error: "Notification not found" });
  });

  await t.test("notifications: the count that is asked for after all are marked", async () => {
    const page = await open("user-3", "provider");
    for (let round = 0; round < 20; ++round) {
      const { id } = await notify({ userId: "user-3" });
      await notify({ userId: "user-3" });
      await page.run(kNotifications, { replace: { "notif-123": id } });
      await page.says("Marked 1 notifications as read");
      await page.answer("notification:readAll");
      assert.equal((await page.answer("notification:getUnreadCount")).unreadCount, 0, `in round ${round}`);
    }
  });

  await t.test("the load test's flow, without a token and with one", async (t) => {
    const flow = seed.read("# artillery-websocket-test.yml");
    const channel = /channel: "(.+)"/.exec(flow)[1];
    const data = { message: /message: "(.+)"/.exec(flow)[1] };
    const nobody = new AppClient(server, "health", { namespace: "/" });
    t.after(() => nobody.close());
    assert.equal((await nobody.refused()).message, "Authentication error: No token provided");
    const client = await join(t, server, "health", "user1", { role: "patient" });
    assert.match(await client.fails(channel, data), /^visitId: /);
    await client.must(channel, { ...data, visitId: visit.id });
  });

  await t.test("every event in its reference is known", async (t) => {
    const client = await join(t, server, "health", "user-5", { role: "patient" });
    const names = [...seed.text.split("### Client → Server Events")[1].split("### Server")[0].matchAll(/^- `([\w:]+)`/gm)].map(([, name]) => name);
    assert.ok(names.length >= 23, `${names.length} events`);
    for (const name of names) {
      const answer = await client.ask(name, {});
      assert.notEqual(answer.error, "Unknown event", name);
    }
  });

  await t.test("nothing is left out", () => seed.checkAllRan());
});

test("household: the clients of its document", async (t) => {
  const seed = seeds.household;
  seed.excuse(kPicture, "│                    Client (socket.io-client)                  │");
  seed.excuse(kShell, "pnpm --filter api test:e2e", "DEBUG=socket.io:* pnpm run dev");
  seed.excuse(kServerSide, "import { createSocketServer, getSocketIOServer, setSocketIOServer } from \"@modules/realtime\";", "import { authenticateSocket } from \"@modules/realtime\";",
    "import { emitToUserRooms, emitToRoom } from \"@modules/realtime\";", "import { getUserRoomName, getChatRoomName, joinRoom, leaveRoom } from \"@modules/realtime\";",
    "export function emitTaskCreated(task: Task, assignedUserIds?: string[]): void {", "export interface YourEventPayloads {", "export class YourService {",
    "const pubClient = createClient({ url: \"redis://localhost:6379\" });", "console.log(`${sockets.length} sockets connected`);", "console.log(`${socketsInRoom.length} devices for user ${userId}`);");
  const kConnect = "const socket = io(\"http://localhost:3001\", {";
  const kErrors = "socket.on(\"connect_error\", (error) => {";
  const kPayload = "task: Task;";

  const server = await start(t, "household");
  const rest = restOf(server, "household");
  const family = await rest("mum")("POST", "/families", { name: "Miller" });
  await rest("mum")("POST", `/families/${family.id}/members`, { userId: "kim", role: "child" });
  const familyId = family.id;

  await t.test("what it listens for", async (t) => {
    const page = seed.page(t, server, { jwtOrSessionToken: sign({ sub: "mum" }) });
    await page.run(kConnect);
    await page.says("Connected");
    await page.run("socket.on(\"task.created\", (event) => {");
    const dishes = await rest("kim")("POST", "/tasks", { familyId, name: "Dishes", assignment: { type: "member", memberId: "mum" }, karma: 10 });
    assert.deepEqual(await page.says("New task:"), ["Dishes"]);
    const told = await page.event("task.created");
    const fields = [...seed.read(kPayload).matchAll(/^\s*(\w+):/gm)].map(([, field]) => field);
    assert.deepEqual([...fields].sort(), ["familyId", "task", "taskId", "userId"]);
    for (const field of fields) assert.notEqual(told[field], undefined, field);
    assert.deepEqual([told.taskId, told.familyId, told.userId, told.task._id], [dishes.id, familyId, "mum", dishes.id]);

    const shopping = await rest("kim")("POST", "/tasks", { familyId, name: "Shopping", assignment: { type: "unassigned" } });
    await rest("kim")("POST", `/tasks/${shopping.id}/assign`, { memberId: "mum" });
    assert.deepEqual(await page.says("Task assigned:"), [shopping.id]);
    await rest("mum")("POST", `/tasks/${dishes.id}/complete`);
    assert.deepEqual(await page.says("Task completed by:"), ["mum"]);
    assert.deepEqual(await page.says("Karma awarded:"), [10]);
    await rest("mum")("POST", "/karma", { familyId, userId: "mum", amount: -3, reason: "late" });
    assert.deepEqual(await page.says("Karma deducted:"), [3]);

    const reward = await rest("mum")("POST", "/rewards", { familyId, name: "Cinema", cost: 5 });
    await rest("mum")("POST", "/karma", { familyId, userId: "kim", amount: 5, reason: "kind" });
    const claim = await rest("kim")("POST", "/claims", { rewardId: reward.id });
    assert.deepEqual(await page.says("Claim created:"), [claim.id]);
    const [approvalId] = await page.says("Approval needed:");
    assert.equal((await page.event("approval_task.created")).claimId, claim.id);
    await rest("mum")("POST", `/tasks/${approvalId}/complete`);
    assert.deepEqual(await page.says("Claim completed:"), [claim.id]);
  });

  await t.test("its errors: refused, an event that fails, disconnected by the server and back", async (t) => {
    const stranger = seed.page(t, server, { jwtOrSessionToken: "x.y.z" });
    await stranger.run(kConnect);
    await stranger.run(kErrors);
    assert.deepEqual(await stranger.says("Connection error:", "error"), ["Authentication failed"]);

    const email = "dad@example.org";
    const { json } = await server.call("POST", "/auth/register", { body: { email, password: "correct horse battery" } });
    const page = seed.page(t, server, { jwtOrSessionToken: json.sessionToken });
    await page.run(kConnect);
    await page.run(kErrors);
    await page.says("Connected");
    page.scope.socket.emit("room:join", { chatId: "none" });
    assert.deepEqual(await page.says("Socket error:", "error"), [{ event: "room:join", message: "Not a chat member" }]);
    const closed = await server.call("POST", `/v1/users/${json.user.id}/disconnect`, { as: kApiKey });
    assert.equal(closed.status, 200);
    assert.deepEqual(await page.says("Disconnected:"), ["io server disconnect"]);
    await page.says("Connected");
    await emit(server, { app: "household", event: "again", payload: {}, userIds: [json.user.id] });
    await page.event("again");
  });

  await t.test("its test helpers", async (t) => {
    const chat = await rest("mum")("POST", "/chats", { name: "Plans", memberIds: ["kim"] });
    const page = seed.page(t, server, { baseUrl: server.url, token: sign({ sub: "kim" }), chatId: chat.id });
    const ran = page.run("const ack = await emitWithAck(socket, \"room:join\", { chatId });");
    await Promise.race([page.waits.take("a wait for event.name", (event) => event === "event.name"), ran]);
    await emit(server, { app: "household", event: "event.name", payload: { n: 1 }, userIds: ["kim"] });
    await ran;
    assert.deepEqual([page.scope.event, page.scope.ack], [{ n: 1 }, { success: true }]);
    assert.equal(page.scope.socket.connected, false);
  });

  await t.test("its test of a module of one's own, which emits over REST", async (t) => {
    // As supertest, of a backend that stores nothing and tells its user.
    const request = (url) => ({
      post: (path) => ({
        set: (name, value) => ({
          send: (entity) => {
            assert.deepEqual([url, path, name, value], [server.url, "/v1/entities", "Authorization", `Bearer ${page.scope.userToken}`]);
            return emit(server, { app: "household", event: "entity.created", payload: { entity }, userIds: ["kim"] });
          },
        }),
      }),
    });
    const page = seed.page(t, server, { baseUrl: server.url, userToken: sign({ sub: "kim" }), request });
    await page.run("it(\"should broadcast entity.created event\", async () => {");
    assert.deepEqual(await page.says("toBe", "expect"), ["Test"]);
  });

  await t.test("nothing is left out", () => seed.checkAllRan());
});

test("groups: the clients of its document", async (t) => {
  const seed = seeds.groups;
  seed.excuse(kServerSide, "export class ChatGateway implements OnGatewayConnection, OnGatewayDisconnect {", "async handleConnection(client: Socket) {", "// Remove from online users",
    "@SubscribeMessage('sendMessage')", "private async sendEmailNotifications(", "// Join user to group rooms on connection", "client.join(newGroupId);",
    "// Get online users in group", "// Update database on connection", "const token = client.handshake.auth.token;", "// ... connection logic", "// ... broadcast logic", "// Efficient user lookup",
    "// Clean up on disconnect", "// Room-based broadcasting (efficient)", "console.log(`User ${userId} connected with socket ${client.id}`);", "console.error('Connection error:', error);",
    "describe('ChatGateway', () => {", "private messageRateLimit = new Map<number, number[]>();", "const pubClient = createClient({ url: 'redis://localhost:6379' });", "upstream socketio {",
    "// Production WebSocket settings");
  const kConnect = "// Frontend connection with JWT";
  const [ann, ben] = [1001, 1002];
  const server = await start(t, "groups");
  const rest = restOf(server, "groups");
  const group = await rest(ann)("POST", "", { name: "Walks" });
  await rest(ann)("POST", `/${group.id}/members`, { userId: ben });
  const groupId = group.id;
  const attachments = [{ url: "https://files.example.org/1.png", type: "image/png" }];

  await t.test("connecting with a token, and with the sample's", async (t) => {
    const page = seed.page(t, server);
    await page.run(kConnect, { replace: { "your-jwt-token-here": sign({ sub: ann }) } });
    await page.event("connect");
    await rest(ann)("POST", `/${groupId}/messages`, { text: "by REST" });
    assert.equal((await page.event("newMessage")).text, "by REST");
    const refused = seed.page(t, server);
    await refused.run(kConnect);
    assert.equal(await refused.event("disconnect"), "io server disconnect");
  });

  await t.test("the client's class and the test's client, talking", async (t) => {
    const page = seed.page(t, server);
    await page.run("class ChatClient {");
    const shown = new Inbox();
    // The document leaves out how a message is displayed.
    class Shown extends page.scope.ChatClient {
      displayMessage(message) {
        const { id, senderId, groupId, text, attachments, timestamp, readBy } = message;
        shown.push({ id, senderId, groupId, text, attachments: attachments.map(({ url, type }) => ({ url, type })), timestamp, readBy: [...readBy] });
      }
    }
    const client = new Shown(sign({ sub: ann }));
    await page.event("connect");
    const testMessage = { groupId, text: "A test", attachments };
    const tests = seed.page(t, server, { testToken: sign({ sub: ben }), testMessage });
    await tests.run("// Client-side testing");
    assert.deepEqual(await tests.says("toBe", "expect"), ["A test"]);
    const online = await page.event("userOnline");
    assert.deepEqual(online, { userId: ben, isOnline: true });
    hasFields(seed, "userOnline", online);
    const told = await page.event("newMessage");
    hasFields(seed, "newMessage", told);
    const got = await shown.take("a message displayed");
    assert.match(got.id, kUuid7);
    assert.match(got.timestamp, kIsoTime);
    assert.deepEqual({ ...got, id: 0, timestamp: 0 }, { id: 0, senderId: ben, groupId, text: "A test", attachments, timestamp: 0, readBy: [ben] });
    // As the document's table of events has it; no snippet sends it.
    client.socket.emit("markAsRead", { messageId: got.id, groupId });
    const read = await tests.event("messageRead");
    assert.deepEqual(read, { messageId: got.id, userId: ann });
    hasFields(seed, "messageRead", read);

    tests.scope.testMessage.text = "Answered";
    client.sendMessage(groupId, "Answered");
    assert.deepEqual(await tests.says("toBe", "expect"), ["Answered"]);
    assert.deepEqual((await shown.take("one's own message", ({ text }) => text === "Answered")).attachments, []);
    for (const [group, text, error] of [["none", "x", "Not a group member"], [groupId, "", /^text: /]]) {
      client.sendMessage(group, text);
      const [{ message }] = await page.says("Socket error:", "error");
      if (typeof error === "string") assert.equal(message, error);
      else assert.match(message, error);
      hasFields(seed, "error", { message });
    }
  });

  await t.test("the mobile client, which keeps its token and speaks WebSocket only", async (t) => {
    const AsyncStorage = { getItem: async (key) => (key === "jwt_token" ? sign({ sub: ben }) : null) };
    const page = seed.page(t, server, { AsyncStorage });
    await page.run("// React Native with Socket.IO");
    await page.event("connect");
    assert.equal(page.scope.socket.io.engine.transport.name, "websocket");
    await rest(ann)("POST", `/${groupId}/messages`, { text: "to the phone" });
    assert.equal((await page.event("newMessage")).text, "to the phone");
  });

  await t.test("nothing is left out", () => seed.checkAllRan());
});

test("care: its document has no client; what its server emits and answers comes to one", async (t) => {
  const seed = seeds.care;
  seed.excuse(kServerSide, "// gateway/app.gateway.ts", "@SubscribeMessage('family:join')", "emitToFamily(familyId: string, event: string, data: any) {", "async onMedicationLogged(log: MedicationLog) {",
    "async onEmergencyAlertCreated(alert: EmergencyAlert) {", "async onShiftCheckIn(shift: CaregiverShift) {", "export class MedicationsService {", "// Using NestJS EventEmitter for decoupling",
    "@SubscribeMessage('medication:log')", "// Using middleware for auth", "export class GatewayModule {}");
  const server = await start(t, "care");
  const rest = restOf(server, "care");
  const family = await rest("ada")("POST", "/families", { name: "Miller" });
  const recipient = await rest("ada")("POST", "/recipients", { familyId: family.id, name: "Grandma" });
  const medication = await rest("ada")("POST", "/medications", { careRecipientId: recipient.id, name: "Aspirin" });

  const errors = [...seed.text.matchAll(/next\(new Error\('([^']+)'\)\)/g)].map(([, text]) => text);
  const refusals = [];
  for (const auth of [undefined, { token: "x.y.z" }]) {
    const client = new AppClient(server, "care", { namespace: "/", auth });
    t.after(() => client.close());
    refusals.push((await client.refused()).message);
  }
  assert.deepEqual(refusals, errors);

  const client = await join(t, server, "care", "ada");
  const [, notMember] = /success: false, error: '([^']+)'/.exec(seed.text);
  assert.equal(await client.fails("family:join", { familyId: "none" }), notMember);
  assert.deepEqual(await client.ask("family:leave", { familyId: family.id }), { success: true });
  assert.deepEqual(await client.ask("family:join", { familyId: family.id }), { success: true });
  const answer = await client.must("medication:log", { medicationId: medication.id, status: "GIVEN" });
  assert.equal(answer.data.medicationId, medication.id);
  hasFields(seed, "medication.logged", await client.next("medication.logged"));
  const alert = await rest("ada")("POST", "/alerts", { careRecipientId: recipient.id, type: "FALL", severity: "HIGH" });
  hasFields(seed, "emergency.alert.created", await client.next("emergency.alert.created"));
  await rest("ada")("POST", `/alerts/${alert.id}/acknowledge`);
  hasFields(seed, "emergency.alert.acknowledged", await client.next("emergency.alert.acknowledged"));
  const shift = await rest("ada")("POST", "/shifts", { careRecipientId: recipient.id, caregiverId: "ada", startsAt: "2026-01-01T08:00:00Z", endsAt: "2026-01-01T16:00:00Z" });
  await rest("ada")("POST", `/shifts/${shift.id}/check-in`);
  hasFields(seed, "shift.checkin", await client.next("shift.checkin"));
  seed.checkAllRan();
});

test("inbox: its document has no client; what it says of one holds", async (t) => {
  const seed = seeds.inbox;
  seed.excuse(kPicture, "src/connections/");
  const [, payload] = /\*\*Payload:\*\*.*\n((?: {2}- .*\n)+)/.exec(seed.text);
  const fields = [...payload.matchAll(/^ {2}- `(\w+)`/gm)].map(([, field]) => field);
  const types = /`type`: string \(`([^`]+)`\)/.exec(payload)[1].split(" | ").map((type) => type.slice(1, -1));
  const server = await start(t, "inbox");
  const open = async (cookie) => {
    const client = new AppClient(server, "inbox", { namespace: "/", extraHeaders: { Cookie: cookie } });
    t.after(() => client.close());
    await client.open();
    return client;
  };
  const tabs = [await open(`token=${sign({ sub: "ann" })}`), await open(`token=${sign({ sub: "ann" })}`)];
  const nobody = await open("token=x.y.z");
  for (const type of types) {
    await restOf(server, "inbox")(null)("POST", "/notifications", { userId: "ann", message: `It is ${type}`, type });
    for (const tab of tabs) {
      const notification = await tab.next("notification");
      assert.deepEqual(Object.keys(notification).sort(), [...fields].sort());
      assert.deepEqual([notification.message, notification.type], [`It is ${type}`, type]);
    }
  }
  assert.deepEqual(nobody.seen, []);
  seed.checkAllRan();
});
