import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../platform/problem.ts'
import type { RandomBytes } from '../request-ids.ts'
import type { Caller } from './access.ts'
import type { Clients } from './clients.ts'

export const SESSION_LIFE_S = 8 * 3600
/** Long enough to type a secret; the form is asked for again after it. */
const VISITOR_LIFE_S = 3600
const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const TOKEN_BYTES = 18
const COOKIE_CHARS_MAX = 2048
const SEALED_AS = { session: Buffer.from('session-1'), visitor: Buffer.from('visitor-1') } as const
type Kind = keyof typeof SEALED_AS

/** Who uses a page. Everything is in the cookie, sealed, so that any process can answer. */
export interface Session {
  readonly caller: Caller
  /** Goes with every form and call of the page. */
  readonly csrf: string
  /** Who answers for a kiosk that nobody stands at. */
  readonly staff: string | undefined
  /** What the program beside the card reader wants to hear from its page. */
  readonly pairing: string | undefined
}
type Wish = Pick<Session, 'caller' | 'staff' | 'pairing'>

export interface Sessions {
  /** The session of a `Cookie` header while its client is live; `undefined` when there is none. */
  find(cookies: string | undefined): Session | undefined
  /** `Set-Cookie` of a new session. */
  begin(wish: Wish): string
  /** `Set-Cookie` that ends one. */
  end(): string
  /** Token of a form that nobody has signed in for, and the `Set-Cookie` that it is checked against (none when there is one already). */
  visit(cookies: string | undefined): { readonly csrf: string; readonly setCookie: string | undefined }
  /** @throws Problem request.forbidden when the form is not the one that this browser was given */
  checkVisit(cookies: string | undefined, csrf: string | undefined): void
}

interface Sealed {
  readonly exp: number
  readonly csrf: string
}
interface SealedSession extends Sealed {
  readonly caller: Caller
  readonly staff?: string
  readonly pairing?: string
}

/**
 * AES-256-GCM under a key derived from the receipts' key. HttpOnly and SameSite=Strict, so no script reads it and no other site sends it; a revoked
 * client is refused as soon as this process knows of it.
 * @param secure where pages are served over TLS: then the browser sends it over nothing else, and only to this host
 */
export function createSessions(deps: {
  readonly secret: Buffer
  readonly clients: Pick<Clients, 'find'>
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly secure: boolean
}): Sessions {
  const { clients, clock, randomBytes, secure } = deps
  const seal = createSealer(deps.secret, randomBytes)
  const nameOf = (kind: Kind) => `${secure ? '__Host-' : ''}bhyt-${kind}`
  const cookie = (kind: Kind, value: string, lifeS: number) =>
    `${nameOf(kind)}=${value}; Path=/; Max-Age=${lifeS}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  const token = () => Buffer.from(randomBytes(TOKEN_BYTES)).toString('base64url')
  const ends = (lifeS: number) => clock.now() + lifeS * 1000

  function opened<T extends Sealed>(kind: Kind, cookies: string | undefined): T | undefined {
    const value = cookieOf(cookies, nameOf(kind))
    const content = value === undefined ? undefined : seal.open(kind, value)
    if (content === undefined) return undefined
    const sealed = JSON.parse(content) as T
    return sealed.exp > clock.now() ? sealed : undefined
  }

  return {
    find(cookies) {
      const sealed = opened<SealedSession>('session', cookies)
      const live = sealed && clients.find(sealed.caller.clientId)
      if (!live || live.facilityCode !== sealed.caller.facilityCode || live.role !== sealed.caller.role) return undefined
      return { caller: live, csrf: sealed.csrf, staff: sealed.staff, pairing: sealed.pairing }
    },
    begin({ caller, staff, pairing }) {
      const sealed: SealedSession = {
        ...{ exp: ends(SESSION_LIFE_S), csrf: token(), caller },
        ...(staff === undefined ? {} : { staff }),
        ...(pairing === undefined ? {} : { pairing }),
      }
      return cookie('session', seal.seal('session', JSON.stringify(sealed)), SESSION_LIFE_S)
    },
    end: () => cookie('session', '', 0),
    visit(cookies) {
      const known = opened<Sealed>('visitor', cookies)
      if (known) return { csrf: known.csrf, setCookie: undefined }
      const sealed: Sealed = { exp: ends(VISITOR_LIFE_S), csrf: token() }
      return { csrf: sealed.csrf, setCookie: cookie('visitor', seal.seal('visitor', JSON.stringify(sealed)), VISITOR_LIFE_S) }
    },
    checkVisit(cookies, csrf) {
      checkCsrf(opened<Sealed>('visitor', cookies)?.csrf, csrf)
    },
  }
}

/** @throws Problem request.forbidden unless both are there and the same; in constant time */
export function checkCsrf(expected: string | undefined, given: string | undefined): void {
  const [one, other] = [Buffer.from(expected ?? ''), Buffer.from(given ?? '')]
  if (one.length === 0 || one.length !== other.length || !timingSafeEqual(one, other)) {
    throw new Problem('request.forbidden', {
      detail: {
        vi: 'Biểu mẫu này không còn dùng được: hãy mở lại trang rồi gửi lại.',
        en: 'This form is not good any more: open the page again and send it once more.',
      },
    })
  }
}

function createSealer(secret: Buffer, randomBytes: RandomBytes) {
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), 'bhyt-gateway pages', 32)))
  return {
    seal(kind: Kind, content: string): string {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(SEALED_AS[kind])
      return Buffer.concat([nonce, cipher.update(content, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open(kind: Kind, text: string): string | undefined {
      const bytes = Buffer.from(text.slice(0, COOKIE_CHARS_MAX), 'base64url')
      if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined
      try {
        const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES))
          .setAAD(SEALED_AS[kind])
          .setAuthTag(bytes.subarray(-TAG_BYTES))
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
      } catch {
        return undefined
      }
    },
  }
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  for (const part of header?.split(';', 32) ?? []) {
    const [key = '', value] = part.trim().split('=', 2)
    if (key === name) return value
  }
  return undefined
}
