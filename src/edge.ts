import type { Socket } from 'node:net';
import type { Access } from './access/access.js';
import type { Config } from './config.js';
import { ConfigError } from './errors.js';
import { createDoor } from './graphql/authentication.js';
import type { Dependencies } from './graphql/context.js';
import { addExport } from './graphql/export.js';
import { addHealth } from './graphql/health.js';
import { createHttp } from './graphql/http.js';
import { createSchema } from './graphql/schema.js';
import { loadTrustedDocuments } from './graphql/trusted-documents.js';
import { createWebSocket } from './graphql/websocket.js';
import type { RateLimits } from './limits/rate-limits.js';
import type { Logger } from './log.js';
import { VERSION } from './version.js';

const IDLE_SWEEP_INTERVAL_MS = 50;

/** What the network sees: HTTP and WebSocket on one port, behind one door. */
export async function openEdge(
  config: Config,
  access: Access,
  dependencies: Dependencies,
  limits: RateLimits,
  log: Logger,
) {
  const schema = createSchema();
  const enter = createDoor(access, limits);
  const production = config.environment === 'production';
  const sandboxKey = production ? '' : (config.apiKeys[0] ?? '');
  const { corsOrigins, trustProxy, trustedDocuments: path } = config.edge;
  const trustedDocuments = path === undefined ? undefined : loadTrustedDocuments(path, schema);
  const { server, apollo } = await createHttp({
    schema,
    dependencies,
    enter,
    production,
    sandboxKey,
    corsOrigins,
    trustProxy,
    trustedDocuments,
    limits,
    log,
  });
  addExport(server, { dependencies, enter, limits, log });
  const sockets = new Set<Socket>();
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  let closing = false;
  addHealth(server, { orm: dependencies.orm, version: VERSION, isClosing: () => closing });
  const webSocket = createWebSocket({
    server: server.server,
    schema,
    dependencies,
    access,
    log,
    enter,
    limits: { ...config.webSocket, checkIntervalMs: config.accessCheckIntervalMs },
    rateLimits: limits,
    production,
    trustProxy,
    corsOrigins,
    trustedDocuments,
  });
  const url = await server.listen({ host: config.host, port: config.port }).catch(async (error: Error) => {
    await webSocket.close();
    throw new ConfigError(`HOST and PORT name an address where the server cannot listen: ${error.message}.`);
  });
  const closeEdge = async () => {
    closing = true;
    // New connections are refused from here on; requests under way finish, and with them what they put into the queue.
    const closed = server.close();
    await dependencies.queue.close();
    // What was committed last is handed to those who watch before their sockets close.
    await new Promise((resolve) => setImmediate(resolve));
    await webSocket.close();
    dependencies.hub.close();
    // A connection whose last answer was under way when the server closed, or that never asked, would stay open for as
    // long as its client likes.
    const sweep = setInterval(() => {
      server.server.closeIdleConnections();
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    }, IDLE_SWEEP_INTERVAL_MS);
    await closed.finally(() => clearInterval(sweep));
    await apollo.stop();
  };
  return { url, sockets: webSocket.sockets, closeEdge };
}
