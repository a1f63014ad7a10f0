import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gauge, type Reading } from '../reading';

/**
 * Sensors under /sys/class/hwmon (kernel: hwmon/sysfs-interface.rst): `tempN_input` in millidegrees, named by its
 * `tempN_label`, and the chip by `name`. None on most virtual machines.
 */
export async function readTemperatures(root: string): Promise<Reading[]> {
  const folder = join(root, 'sys/class/hwmon');
  const chips = await namesIn(folder);
  const readings = await Promise.all(chips.map((chip) => readChip(join(folder, chip))));
  return readings.flat();
}

async function readChip(folder: string): Promise<Reading[]> {
  const files = await namesIn(folder);
  const chip = await textOf(join(folder, 'name'));
  const readings = await Promise.all(
    files
      .flatMap((file) => /^(temp\d+)_input$/.exec(file)?.[1] ?? [])
      .map(async (sensor) => {
        const millidegrees = Number((await textOf(join(folder, `${sensor}_input`))) ?? Number.NaN);
        const label = (await textOf(join(folder, `${sensor}_label`))) ?? sensor;
        return Number.isFinite(millidegrees)
          ? [
              gauge('temperature_celsius', 'celsius', millidegrees / 1_000, {
                chip: chip ?? 'unknown',
                sensor: label,
              }),
            ]
          : [];
      }),
  );
  return readings.flat();
}

/** Names in a folder; none when it is not there. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
}

/** A sensor file's text; null when it is not there or the sensor does not answer (ENODATA, EIO while asleep). */
async function textOf(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

const ABSENCES = new Set(['ENOENT', 'ENODEV', 'ENODATA', 'ENXIO', 'EIO', 'EAGAIN', 'EACCES']);

function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ABSENCES.has(String(error.code));
}
