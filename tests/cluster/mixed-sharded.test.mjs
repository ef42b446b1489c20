// Beside Node.js servers with `createShardedAdapter` of `@socket.io/redis-adapter`.
import { clusterTests, sharedCluster } from "./mixed.mjs";

clusterTests(sharedCluster("sharded"), { knowsAllRooms: false });
