/** What a handler answers: plain values, made into a response in one place (`route.ts`), so nothing is copied or wrapped on the way. */
export interface Reply {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Buffer | string
}

export function jsonReply(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return jsonBytes(status, JSON.stringify(body), headers)
}

/** `body` is JSON already. */
export function jsonBytes(status: number, body: Buffer | string, headers: Record<string, string> = {}): Reply {
  headers['Content-Type'] = 'application/json'
  return { status, headers, body }
}
