import { useState } from 'preact/hooks';

export function SignIn({ refused, signIn }: { refused: boolean; signIn(token: string): void }) {
  const [token, setToken] = useState('');
  return (
    <main class="sign-in">
      <h1 class="mark">cachex</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          signIn(token.trim());
        }}
      >
        <label for="token">Token of this dashboard</label>
        <input
          id="token"
          type="password"
          autocomplete="off"
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
        />
        <button type="submit" disabled={token.trim() === ''}>
          Look
        </button>
        <p role="alert">{refused ? 'That is not the token.' : ''}</p>
      </form>
    </main>
  );
}
