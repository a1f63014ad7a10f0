import { LogOut } from 'lucide-react';
import { Button } from '../ui/button';

/** A plain form: signing out works before any script has loaded, and without. */
export function SignOut() {
  return (
    <form method="post" action="/api/logout">
      <Button type="submit" look="ghost" size="icon" aria-label="Sign out" title="Sign out">
        <LogOut aria-hidden />
      </Button>
    </form>
  );
}
