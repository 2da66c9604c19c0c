import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { argv, stdout } from 'node:process';

/** Serves the files of a folder on loopback, with what tells that they are the same; prints its address. A process of its own. */
const [folder = '.'] = argv.slice(2);
const server = createServer((request, response) => {
  void serve(basename(request.url ?? ''));
  async function serve(name: string): Promise<void> {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (!found?.isFile()) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-length': found.size, etag: `"${found.mtimeMs}"` });
    createReadStream(join(folder, name), { highWaterMark: 1024 * 1024 }).pipe(response);
  }
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  stdout.write(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}\n`);
});
