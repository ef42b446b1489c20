// How a visit is talked in: the wire of app `health` for a `Conversation`.

const kPageSize = 50;

const fromServer = ({ message, ...rest }) => ({ ...rest, text: message });

export function visitWire(connection, visit) {
  const roomId = `visit:${visit.id}`;
  const visitId = visit.id;
  return {
    id: visitId,
    enter: () => connection.ask("room:join", { roomId, roomType: "visit" }),
    leave: () => connection.ask("room:leave", { roomId }),
    typing: (whether) => connection.tell(whether ? "typing:start" : "typing:stop", { roomId }),
    received: ({ id }) => connection.tell("message:received", { messageId: id }),
    read: (unread) => connection.ask("message:read", { visitId, upTo: Math.max(...unread.map((one) => one.seq)) }),

    async history(which) {
      const answer = await connection.ask("message:history", { visitId, limit: kPageSize, ...which });
      return answer.success ? { ...answer, messages: answer.messages.map(fromServer) } : answer;
    },

    async send(text, clientMessageId) {
      const answer = await connection.ask("message:send", { visitId, message: text, clientMessageId });
      return answer.success ? { ...answer, message: fromServer(answer.message) } : answer;
    },

    listen(on, heard) {
      const here = (tell) => (event) => event.roomId === roomId && tell(event);
      const message = (one) => one.visitId === visitId && heard.message(fromServer(one));
      on("message:new", message);
      on("message:sent", message);
      on("message:delivered", ({ messageId, userId }) => heard.receipt([messageId], "deliveredTo", userId));
      on("message:read", ({ messageIds, readBy }) => heard.receipt(messageIds, "readBy", readBy));
      on("room:userJoined", here(({ userId, role, timestamp }) => heard.joined({ userId, role, joinedAt: timestamp })));
      on("room:userLeft", here(({ userId }) => heard.left(userId)));
      on("typing:start", here(({ userId }) => heard.typing(userId, true)));
      on("typing:stop", here(({ userId }) => heard.typing(userId, false)));
    },
  };
}
