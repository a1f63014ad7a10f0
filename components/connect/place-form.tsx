import { type ReactNode, useId } from 'react';
import { Input } from '../ui/input';

export interface PlaceFormProps {
  address: string;
  isAddress: boolean;
  onAddress(address: string): void;
  /** Null where no key is asked for. */
  secret: { value: string; isPlain: boolean; onChange(key: string): void } | null;
}

/** What is filled into all configs. The server does not show its keys, and what is typed here does not leave the page. */
export function PlaceForm({ address, isAddress, onAddress, secret }: PlaceFormProps) {
  return (
    <section
      aria-label="Filled into the configs"
      className="grid gap-x-4 gap-y-3 rounded-lg border bg-surface p-3 sm:grid-cols-2"
    >
      <Field
        label="Address of this server"
        note={
          isAddress
            ? 'As your browser has it. Other machines may need another name.'
            : 'It should look like https://pulse.example.com; the configs have the last one that did.'
        }
      >
        {(props) => (
          <Input
            {...props}
            value={address}
            inputMode="url"
            spellCheck={false}
            aria-invalid={!isAddress || undefined}
            onChange={(event) => onAddress(event.target.value)}
            className="w-full font-mono text-xs"
          />
        )}
      </Field>
      {secret ? (
        <Field
          label="Ingest key"
          note={
            secret.value === '' || secret.isPlain
              ? 'One of INGEST_KEYS; whoever runs the server has them, and this page is never sent them. What you type stays in this page.'
              : 'It has characters that would have to be quoted, so it is left for you to fill in.'
          }
        >
          {(props) => (
            <Input
              {...props}
              type="password"
              value={secret.value}
              placeholder="KEY"
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => secret.onChange(event.target.value)}
              className="w-full font-mono text-xs"
            />
          )}
        </Field>
      ) : (
        <div className="text-sm">
          <p className="font-medium text-ink-2">No key is needed</p>
          <p className="mt-1 text-xs text-ink-3">
            This server has no INGEST_KEYS, so it answers this machine only. Other machines can send when
            INGEST_KEYS and DASHBOARD_PASSWORD are set.
          </p>
        </div>
      )}
    </section>
  );
}

function Field({
  label,
  note,
  children,
}: {
  label: string;
  note: string;
  children(props: { id: string; 'aria-describedby': string }): ReactNode;
}) {
  const id = useId();
  return (
    <div className="min-w-0 text-sm">
      <label htmlFor={id} className="mb-1 block font-medium text-ink-2">
        {label}
      </label>
      {children({ id, 'aria-describedby': `${id}-note` })}
      <p id={`${id}-note`} className="mt-1 text-xs text-ink-3">
        {note}
      </p>
    </div>
  );
}
