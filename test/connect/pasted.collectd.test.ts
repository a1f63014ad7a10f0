import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openPasteScene } from '../support/pasted';
import { ended, endWithUs } from '../support/processes';

test('collectd sends with what is pasted, and is named with its version', async () => {
  const scene = await openPasteScene();
  const folder = mkdtempSync(join(tmpdir(), 'pulseboard-pasted-'));
  const config = join(folder, 'collectd.conf');
  writeFileSync(
    config,
    `Hostname "web-1"
FQDNLookup false
Interval 0.2
BaseDir "${folder}"
PIDFile "${folder}/pid"
TypesDB "/usr/share/collectd/types.db"
LoadPlugin cpu
LoadPlugin memory
${scene.config('collectd', 'collectd.conf')}
`,
  );
  const collectd = spawn('collectd', ['-f', '-C', config], { stdio: 'ignore' });
  endWithUs(collectd);
  try {
    await scene.heard.samplesOf('collectd', 'collectd', 10);
    const client = scene.heard.newest?.clients.find(({ protocol }) => protocol === 'collectd');
    expect(client).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+/), refused: 0 });
  } finally {
    collectd.kill('SIGTERM');
    await ended(collectd);
    await scene.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
