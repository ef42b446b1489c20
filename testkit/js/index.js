// Starts Belfry for a test, connects stock clients to it, and waits for what comes, with a limit.
export { Belfry, noLimits, startBelfry } from "./src/belfry.js";
export { connectSocketClient, disconnectSocketClient, emitWithAck, openSocketClient, waitForConnection, waitForEvent } from "./src/sockets.js";
export { signToken } from "./src/tokens.js";
export { until, within } from "./src/wait.js";
