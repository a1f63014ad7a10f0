/** Key in localStorage: `light` or `dark`; absent: the theme of the system. */
export const THEME_KEY = 'pulseboard.theme';

/** Runs before the first paint, so a chosen theme never flashes the other one. */
const script = `try{var t=localStorage.getItem("${THEME_KEY}");if(t==="light"||t==="dark")document.documentElement.dataset.theme=t}catch{}`;

export function ThemeScript({ nonce }: { nonce?: string }) {
  // A browser hides the nonce from scripts, React's included, so the two sides can never agree on it.
  return <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: script }} />;
}
