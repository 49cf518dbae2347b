import { asMessages, type Helped, type Message, type Thumb } from "./model";

/** After so long (ms) a request has failed; the server gives up on an answer after 10 seconds. */
const LONGEST_REQUEST = 30_000;

export interface Session {
  id: string;
  token: string;
  /** When the token ends, ISO 8601; null when the server does not say. */
  expiresAt: string | null;
}

/** Why a request failed: the server's own words, in Dutch, or null when it could not be reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string | null,
  ) {
    super(detail ?? `status ${status}`);
  }

  /** The conversation has ended, was erased, or is not ours. */
  get isGone(): boolean {
    return [401, 403, 404].includes(this.status);
  }

  /** The server was not reached at all. */
  get isOffline(): boolean {
    return this.status === 0;
  }
}

export interface Start {
  gemeente?: string;
  page?: string;
}

/** Client of the conversation API. `base` ends with a slash. */
export class Api {
  constructor(
    private readonly base: string,
    private readonly fetcher: typeof fetch = (...all) => fetch(...all),
  ) {}

  async start(body: Start): Promise<{ session: Session; messages: Message[] }> {
    const given = await this.json("POST", "", null, { body }).catch(async (problem: Problem) => {
      throw problem.isOffline && (await this.isThere()) ? new Problem(403, null) : problem;
    });
    if (typeof given.id !== "string" || typeof given.token !== "string") throw new Problem(502, null);
    return { session: asSession(given.id, given), messages: asMessages(given.messages) };
  }

  /** Stores one message; a second request with the same key stores nothing. */
  async say(session: Session, key: string, body: { text: string } | { choice: string }): Promise<Message[]> {
    const given = await this.json("POST", "/messages", session, { body, headers: { "Idempotency-Key": key } });
    return asMessages(given.messages);
  }

  /** What came after message `after`; 0 for all. */
  async history(session: Session, after: number): Promise<Message[]> {
    return asMessages((await this.json("GET", `/messages?after=${after}`, session)).messages);
  }

  /** The stream of events; stays open until `signal` ends it. */
  async events(session: Session, after: number, signal: AbortSignal): Promise<Response> {
    return this.request("GET", "/events", session, {
      headers: { "Last-Event-ID": String(after), Accept: "text/event-stream" },
      signal,
    });
  }

  /** A fresh token for the same conversation. */
  async renew(session: Session): Promise<Session> {
    const given = await this.json("POST", "/token", session);
    if (typeof given.token !== "string") throw new Problem(502, null);
    return asSession(session.id, given);
  }

  async erase(session: Session): Promise<void> {
    await this.request("DELETE", "", session);
  }

  async rate(session: Session, id: number, rating: Thumb): Promise<void> {
    await this.request("PUT", `/messages/${id}/rating`, session, { body: { rating } });
  }

  async helped(session: Session, helped: Helped): Promise<void> {
    await this.request("PUT", "/rating", session, { body: { helped } });
  }

  /** A browser does not tell a refused origin from a lost line; what every origin may ask tells it. */
  private isThere(): Promise<boolean> {
    return this.fetcher(`${this.base}widget/startwijzer.js`, { method: "HEAD", cache: "no-store" }).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  private async json(...all: Parameters<Api["request"]>): Promise<Record<string, unknown>> {
    const given: unknown = await (await this.request(...all)).json().catch(() => null);
    if (typeof given !== "object" || given === null) throw new Problem(502, null);
    return given as Record<string, unknown>;
  }

  private async request(
    method: string,
    path: string,
    session: Session | null,
    { body, headers = {}, signal }: { body?: object; headers?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<Response> {
    const controller = new AbortController();
    const stop = () => controller.abort();
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
    const timer = setTimeout(stop, LONGEST_REQUEST);
    const one = session ? `/${encodeURIComponent(session.id)}${path}` : path;
    let response: Response;
    try {
      response = await this.fetcher(`${this.base}api/v1/conversations${one}`, {
        method,
        credentials: "omit",
        cache: "no-store",
        headers: {
          ...(session && { Authorization: `Bearer ${session.token}` }),
          ...(body && { "Content-Type": "application/json" }),
          ...headers,
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: controller.signal,
      });
    } catch {
      throw new Problem(0, null);
    } finally {
      clearTimeout(timer);
    }
    if (response.ok) return response;
    const problem = (await response.json().catch(() => null)) as { detail?: unknown; title?: unknown } | null;
    const said = [problem?.detail, problem?.title].find((text) => typeof text === "string" && text);
    throw new Problem(response.status, (said as string | undefined) ?? null);
  }
}

function asSession(id: string, given: Record<string, unknown>): Session {
  const expiresAt = typeof given.expires_at === "string" ? given.expires_at : null;
  return { id, token: given.token as string, expiresAt };
}
