import type { Session } from "./api";

/** What is kept in the tab, and dies with it: the key to the conversation and nothing that was said. */
export interface Kept extends Session {
  /** The window stood open. */
  open?: boolean;
  /** The closing question was put. */
  asked?: boolean;
}

/** Keeps the session in sessionStorage; only in memory where the browser refuses that. */
export class SessionStore {
  private readonly key: string;
  private memory: string | null = null;

  /** `base` is the address of the server: two installations on one site stay apart. */
  constructor(
    base: string,
    private readonly storage: () => Storage = () => sessionStorage,
  ) {
    this.key = `startwijzer:${base}`;
  }

  read(): Kept | null {
    try {
      this.memory = this.storage().getItem(this.key);
    } catch {
      // refused: what is in memory counts
    }
    try {
      const kept = JSON.parse(this.memory ?? "null") as Kept | null;
      return kept && typeof kept.id === "string" && typeof kept.token === "string" ? kept : null;
    } catch {
      return null;
    }
  }

  write(kept: Kept | null): void {
    this.memory = kept && JSON.stringify(kept);
    try {
      if (this.memory) this.storage().setItem(this.key, this.memory);
      else this.storage().removeItem(this.key);
    } catch {
      // refused: it ends with this page
    }
  }

  /** Changes something of what is kept; nothing when there is no session. */
  change(part: Partial<Kept>): void {
    const kept = this.read();
    if (kept) this.write({ ...kept, ...part });
  }
}
