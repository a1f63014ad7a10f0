import { CopyButton } from './copy-button';

/** A command to type, and a button that copies it. */
export function CommandLine({ command, label = 'Copy' }: { command: string; label?: string }) {
  return (
    <div className="flex items-start gap-2 rounded-md border bg-sunken py-1.5 pr-1.5 pl-3">
      <pre className="min-w-0 flex-1 py-1 font-mono text-xs break-words whitespace-pre-wrap text-ink">
        {command}
      </pre>
      <CopyButton text={command} label={label} size="sm" />
    </div>
  );
}
