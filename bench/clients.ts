import { Clients } from '../lib/write/clients/clients';
import { median } from './support/median';
import { printTable, type Row, row } from './support/report';

/** What it costs to note who has sent, for each request: with headers as they come, each a string of its own. */
const NOTES = 100_000;
const ROUNDS = 15;
const GOAL_NS = 1_000;

const sender = (userAgent: string) => ({ protocol: 'prometheus' as const, userAgent });
/** Strings that nothing is known of yet, not even their hash. */
const fresh = (text: string) => Buffer.from(text, 'latin1').toString('latin1');

function measure(header: (i: number) => string, note: (clients: Clients, header: string) => void): number {
  const each: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const clients = new Clients();
    const headers = Array.from({ length: NOTES }, (_, i) => fresh(header(i)));
    const startedAt = performance.now();
    for (const sent of headers) note(clients, sent);
    // In the first the engine still compiles.
    if (round > 0) each.push(((performance.now() - startedAt) * 1e6) / NOTES);
  }
  return median(each);
}

const take = (clients: Clients, header: string) => clients.noteTaken(sender(header), 12);
const refuse = (clients: Clients, header: string) =>
  clients.noteRefused(sender(header), {
    status: 401,
    code: 'unauthorized',
    message: 'This server takes samples with a key only.',
  });
const agents = ['Prometheus/2.42.0', 'Telegraf/1.29.1 Go/1.21.5', 'vmagent', 'curl/7.88.1'];

const nanoseconds = (value: number) => `${value.toFixed(0)} ns`;
const within = (what: string, ns: number): Row => ({
  what,
  value: nanoseconds(ns),
  goal: `< ${nanoseconds(GOAL_NS)}`,
  isMet: ns < GOAL_NS,
});
const strangers = (i: number) => `Bot-${i}/1.0`;

printTable('Noting who has sent', [
  within(
    'one client',
    measure(() => agents[0], take),
  ),
  within(
    'four clients by turns',
    measure((i) => agents[i % agents.length], take),
  ),
  within(
    'refused, one client',
    measure(() => agents[0], refuse),
  ),
  row('another name each time', nanoseconds(measure(strangers, take))),
  row('refused, another name each time', nanoseconds(measure(strangers, refuse))),
]);
