// How a group is talked in: the wire of app `groups` for a `Conversation`.
import { at } from "../common/api.js";

const kPageSize = 50;
const kPauseMs = 1_000;

// In this app ids of digits come as numbers; the page's own are text.
const fromServer = ({ senderId, readBy, ...rest }) => ({ ...rest, senderId: String(senderId), readBy: readBy.map(String) });

/** A call's result as the answer to an event would be. */
async function answerOf(call) {
  try {
    return { success: true, ...(await call()) };
  } catch (error) {
    const lost = error.status === 0 || error.status >= 500;
    if (lost) await new Promise((resolve) => setTimeout(resolve, kPauseMs)); // it will be asked again
    return { success: false, error: error.message, lost, retryAfterMs: error.retryAfterMs || undefined };
  }
}

/** What is said goes over REST, not by `sendMessage`: its key keeps what is sent again from being said twice. */
export function groupWire(connection, rest, groupId) {
  const path = at`/v1/groups/${groupId}/messages`;
  return {
    id: groupId,
    enter: () => connection.ask("joinGroup", { groupId }),
    leave: () => {}, // what is said in other groups is still counted

    history: (which) =>
      answerOf(async () => {
        const { items, nextCursor } = await rest.get(`${path}?${new URLSearchParams({ limit: kPageSize, ...which })}`);
        return { messages: items.map(fromServer), hasMore: nextCursor !== null, nextCursor };
      }),

    send: (text, key) => answerOf(async () => ({ message: fromServer(await rest.post(path, { text }, key)) })),

    async read(unread) {
      const answers = await Promise.all(unread.map(({ id }) => connection.ask("markAsRead", { groupId, messageId: id })));
      return answers.find((one) => !one.success) ?? answers[0];
    },

    listen(on, heard) {
      on("newMessage", (message) => message.groupId === groupId && heard.message(fromServer(message)));
      on("messageRead", ({ messageId, userId }) => heard.receipt([messageId], "readBy", String(userId)));
    },
  };
}
