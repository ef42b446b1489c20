// How a family's chat is talked in: the wire of app `household` for a `Conversation`.

const kPageSize = 50;

export function chatWire(connection, chatId) {
  return {
    id: chatId,
    enter: () => connection.ask("room:join", { chatId }),
    leave: () => connection.ask("room:leave", { chatId }),
    history: (which) => connection.ask("message:history", { chatId, limit: kPageSize, ...which }),
    send: (text, clientMessageId) => connection.ask("message:send", { chatId, text, clientMessageId }),
    read: (unread) => connection.ask("message:read", { chatId, upTo: Math.max(...unread.map((one) => one.seq)) }),
    typing: (whether) => connection.tell(whether ? "typing:start" : "typing:stop", { chatId }),

    listen(on, heard) {
      const here = (tell) => (event) => event.chatId === chatId && tell(event);
      on("message.new", here(({ message }) => heard.message(message)));
      on("message.read", here(({ messageIds, userId }) => heard.receipt(messageIds, "readBy", userId)));
      on("typing.start", here(({ userId }) => heard.typing(userId, true)));
      on("typing.stop", here(({ userId }) => heard.typing(userId, false)));
    },
  };
}
