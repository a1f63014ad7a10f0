import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { log } from '../observe/log';
import { type Binaries, findBinaries } from './embedded/binaries';
import { AlreadyRunning } from './embedded/explain';
import { checkVersion, findPlace, initialise, type Place, readPassword, SUPERUSER } from './embedded/folder';
import { chooseListen } from './embedded/listen';
import { claim, type EmbeddedConnection, ensureDatabase, type Ownership } from './embedded/owner';
import {
  findPostmaster,
  type Listen,
  type Postmaster,
  SOCKET_PORT,
  startPostmaster,
  stopPostmaster,
} from './embedded/postmaster';
import { serverSettings } from './embedded/settings';
import { isAway } from './pg-errors';

const DATABASE = 'pulseboard';
/** How long a server that runs may refuse to be spoken to before we give up on it. */
const SILENCE_MS = 15_000;
const LOOK_AGAIN_MS = 100;
/** Between two attempts to bring a lost server back. */
const PAUSE_MS = 2_000;

export interface Embedded {
  connection: EmbeddedConnection;
  /** The data folder, for people. */
  location: string;
  /** Stops the server in order. Calling it twice is fine. */
  close(): Promise<void>;
}

interface Server {
  place: Place;
  binaries: Binaries;
  listen: Listen;
  logFile: string;
}

interface Session extends Ownership {
  /** The server's process. */
  pid: number;
}

/**
 * The PostgreSQL that comes with the project, on a folder under `dataDir`: made on the first start, started,
 * claimed for this process alone, started again when it dies, stopped on close. What a killed predecessor left
 * behind, be it a running server, is taken over.
 *
 * @throws Error with one sentence that says what is wrong and what to do about it.
 */
export async function openEmbedded(dataDir: string, notice: (reason: string) => void): Promise<Embedded> {
  const server = await prepare(dataDir, notice);
  const { folder, identity, link } = server.place;
  notice('Starting the embedded database.');

  let closing: Promise<void> | null = null;
  let recovering = Promise.resolve();
  let session = await startAndClaim(server, onLost);

  function onLost() {
    if (!closing) recovering = recover();
  }
  async function recover(): Promise<void> {
    log().warn({ folder }, 'the embedded database is gone; starting it again');
    while (!closing) {
      try {
        session = await startAndClaim(server, onLost);
        return;
      } catch (error) {
        log().error({ err: error }, 'the embedded database does not come back; trying again');
        await sleep(PAUSE_MS);
      }
    }
  }

  // When this process ends without closing, an orderly stop of the database still beats an orphan.
  const askToStop = () => {
    try {
      process.kill(session.pid, 'SIGINT');
    } catch {
      // It has ended before us.
    }
  };
  process.once('exit', askToStop);

  const connection = connectionTo(server.listen, await readPassword(folder));
  await ensureDatabase(connection);
  return {
    connection,
    location: folder === link ? folder : `${folder} (${link} points there)`,
    close() {
      closing ??= (async () => {
        // Long enough for a server on its way up; one that does not come up is not waited for.
        await Promise.race([recovering, sleep(2 * PAUSE_MS)]);
        await session.release();
        await stopPostmaster(server.binaries, folder, identity);
        process.off('exit', askToStop);
      })();
      return closing;
    },
  };
}

async function prepare(dataDir: string, notice: (reason: string) => void): Promise<Server> {
  const place = await findPlace(dataDir);
  const binaries = await findBinaries(place.identity);
  const logFile = join(resolve(dataDir), 'postgres.log');
  if (!place.exists) {
    notice('Making an empty database.');
    await initialise(place, binaries, logFile);
  }
  await checkVersion(place.folder, binaries.major);
  const running = await findPostmaster(place.folder);
  const listen = running?.listen ?? (await chooseListen(place.folder, place.identity));
  return { place, binaries, listen, logFile };
}

/** Makes sure that a server runs on the folder and that it is this process's alone. */
async function startAndClaim(server: Server, onLost: () => void): Promise<Session> {
  const { folder } = server.place;
  let silentSince: number | null = null;
  for (;;) {
    const running = await findPostmaster(folder);
    try {
      if (!running) await start(server);
      else if (running.ready) return await take(server, running, onLost);
      // Neither: it starts, recovers or stops, and that takes as long as it takes.
    } catch (error) {
      if (error instanceof FolderTaken || !(error instanceof AlreadyRunning || isAway(error))) throw error;
      silentSince ??= Date.now();
      if (Date.now() - silentSince > SILENCE_MS)
        throw new Error(
          `A PostgreSQL${running ? ` (process ${running.pid})` : ''} runs on ${folder} but does not answer: end it and start again.`,
          { cause: error },
        );
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

async function start({ place: { folder, identity }, binaries, listen, logFile }: Server): Promise<void> {
  await startPostmaster({ binaries, folder, identity, listen, settings: serverSettings(), logFile });
}

async function take(server: Server, running: Postmaster, onLost: () => void): Promise<Session> {
  const { folder } = server.place;
  server.listen = running.listen;
  const claimed = await claim(connectionTo(running.listen, await readPassword(folder)), onLost);
  if ('heldBy' in claimed) throw new FolderTaken(folder, claimed.heldBy);
  return { ...claimed.owned, pid: running.pid };
}

class FolderTaken extends Error {
  constructor(folder: string, pid: string) {
    super(
      `The database in ${folder} is in use by another Pulseboard (process ${pid}): stop that one, or set DATA_DIR to another folder.`,
    );
  }
}

function connectionTo(listen: Listen, password: string): EmbeddedConnection {
  if ('tcpPort' in listen)
    return { host: '127.0.0.1', port: listen.tcpPort, user: SUPERUSER, password, database: DATABASE };
  return { path: join(listen.socketFolder, `.s.PGSQL.${SOCKET_PORT}`), user: SUPERUSER, database: DATABASE };
}
