/**
 * node examples/serve-browser.js [port]
 *
 * Serves follow-in-browser.html, and the client library out of node_modules, so that the page needs no internet.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const library = (name) => fileURLToPath(import.meta.resolve('graphql-ws')).replace(/[^/\\]+$/, name);

/** Which file answers a path; nothing else of the disk is reachable. */
function fileOf(path) {
  if (path === '/') return [here('follow-in-browser.html'), 'text/html'];
  if (path === '/follow.js') return [here('follow.js'), 'text/javascript'];
  if (/^\/graphql-ws\/[\w.-]+\.js$/.test(path)) return [library(basename(path)), 'text/javascript'];
  return undefined;
}

const server = createServer(async (request, response) => {
  const found = fileOf(new URL(request.url ?? '/', 'http://localhost').pathname);
  try {
    if (!found) throw new Error('there is no such file');
    const [file, type] = found;
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(await readFile(file));
  } catch {
    response.writeHead(404).end('Not found.');
  }
});
server.listen(Number(process.argv[2] ?? 4001), '127.0.0.1', () => {
  process.stdout.write(`Open http://127.0.0.1:${server.address().port}\n`);
});
