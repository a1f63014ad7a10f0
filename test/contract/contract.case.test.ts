import { afterAll, beforeAll, describe, inject } from 'vitest';
import type { Engine } from '@/lib/store/store';
import { createTestDatabase } from '../support/postgres';
import { type Front, type ServerProcess, startServer } from '../support/server-process';
import { clientOf } from './client';
import { fleetContract } from './fleet.case.test';
import { framesContract } from './frames.case.test';
import { framesClientOf } from './frames-client';
import { grafanaContract } from './grafana.case.test';
import { liveContract } from './live.case.test';
import { operateContract } from './operate.case.test';
import { promqlContract } from './promql.case.test';
import { readContract } from './read.case.test';
import { readCalculationContract } from './read-calculation.case.test';
import { writeContract } from './write.case.test';
import { jsonBodiesContract, writeBodiesContract } from './write-bodies.case.test';

/** The contract, spoken to a real process on a real database of the server that has this engine. */
export function contract(front: Front, engine: Engine = 'postgres'): void {
  let server: ServerProcess;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;

  beforeAll(async () => {
    database = await createTestDatabase(engine === 'timescale' ? inject('timescaleUrl') : undefined);
    server = await startServer(front, { DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await server?.stop();
    await database?.drop();
  });

  const connect = () => clientOf(server.url);
  describe('write', () => writeContract(connect));
  describe('write bodies', () => writeBodiesContract(connect));
  const connectFrames = () => framesClientOf(server.url);
  describe('frames', () => framesContract(connect));
  describe('write over frames', () => writeContract(connectFrames));
  describe('bodies over frames', () => jsonBodiesContract(connectFrames));
  describe('read', () => readContract(connect));
  describe('read calculations', () => readCalculationContract(connect));
  describe('promql', () => promqlContract(connect));
  describe('grafana', () => grafanaContract(connect));
  describe('live', () => liveContract(connect));
  describe('fleet', () => fleetContract(connect));
  describe('operate', () => operateContract(connect, engine));
}
