import { missingSenders, SENDERS } from './programs';

/** Says which tests are not there because the machine lacks their programs; an error with REQUIRE_SENDERS=1. */
export default function tellMissingSenders(): void {
  for (const name of missingSenders()) {
    const message = `${name}: skipped, not installed (Debian: apt-get install ${SENDERS[name]})`;
    if (process.env.REQUIRE_SENDERS === '1') throw new Error(message);
    console.log(message);
  }
}
