import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import type { CheckState, StatedPerson, TokenIdentity } from '../check-in.ts'
import type { Use } from '../once.ts'
import { type ReasonCode, reasonOf } from '../reasons.ts'
import type { TrustSnapshot } from '../trust/snapshot.ts'
import { type EvidenceVerdict, nobody } from './evidence.ts'

export const TOKEN_CHARS_MAX = 8_192
export const TOKEN_AUDIENCE = 'bhyt-gateway'
/** From issue to end. */
export const TOKEN_LIFE_S_MAX = 300
const CLOCK_TOLERANCE_S = 10
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'RS256', 'EdDSA']
const TOKEN_ID_CHARS_MAX = 200

/** What a token that verifies says. */
interface TokenRead {
  readonly person: StatedPerson
  readonly issuer: string
  readonly tokenId: string
  readonly expiresAtMs: number
}
export interface TokenContext {
  readonly trust: TrustSnapshot
  readonly nowMs: number
  /** Uses up the token's id. */
  readonly use: (what: string, expiresAtMs: number) => Promise<Use>
}

/**
 * A token of VNeID or VssID: a JWS with `iss` (an issuer of this kind in the trust store: its name is the method's or ends in `-` and it), `aud`
 * `bhyt-gateway`, `iat`, `exp` at most five minutes later, a `jti` that counts once, and the person: `personal_id`, `social_insurance_number`,
 * `card_number`, `name`, `birthdate` as far as the issuer knows them.
 */
export async function judgeToken({ method, token }: TokenIdentity, context: TokenContext): Promise<EvidenceVerdict> {
  const read = await readToken(method, token, context)
  if (typeof read === 'string') return verdictOf(read, 'fail')
  const use = await context.use(`jti:${read.issuer}:${read.tokenId}`, read.expiresAtMs)
  if (use === 'used') return verdictOf('token_used', 'pass')
  if (use === 'unknown') return { ...verdictOf('token_use_not_checked', 'pass'), person: read.person, assurance: 'C0' }
  return {
    standing: 'proven',
    assurance: 'C1',
    checks: { token: 'pass', use: 'pass' },
    reasons: [],
    person: read.person,
    audit: { issuer: read.issuer, trustVersion: context.trust.version },
  }
}

/** Proof of a forgery or of a second use. Anything else is only not enough. */
const REFUSED: ReadonlySet<ReasonCode> = new Set(['token_issuer', 'token_signature', 'token_used'])

function verdictOf(code: ReasonCode, token: CheckState): EvidenceVerdict {
  const isRefused = REFUSED.has(code)
  const use: CheckState = code === 'token_used' ? 'fail' : token === 'pass' ? 'unknown' : 'not-done'
  return {
    standing: isRefused ? 'refused' : 'lowered',
    assurance: isRefused ? undefined : 'C0',
    checks: { token, use },
    reasons: [reasonOf(code)],
    person: undefined,
    audit: {},
  }
}

async function readToken(
  method: TokenIdentity['method'],
  token: string,
  { trust, nowMs }: TokenContext,
): Promise<TokenRead | ReasonCode> {
  const isOfKind = (issuer: string) => issuer === method || issuer.endsWith(`-${method}`)
  if (![...trust.tokenIssuers.keys()].some(isOfKind)) return 'token_no_keys'
  let issuer: string | undefined
  try {
    if (token.length > TOKEN_CHARS_MAX) return 'token_unreadable'
    issuer = decodeJwt(token).iss
    decodeProtectedHeader(token)
  } catch {
    return 'token_unreadable'
  }
  const known = issuer === undefined || !isOfKind(issuer) ? undefined : trust.tokenIssuers.get(issuer)
  if (known === undefined) return 'token_issuer'
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: known.keys } as unknown as JSONWebKeySet), {
      algorithms: ALGORITHMS,
      issuer: known.issuer,
      audience: TOKEN_AUDIENCE,
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(nowMs),
      requiredClaims: ['exp', 'iat', 'jti'],
    })
    const { iat = 0, exp = 0, jti } = payload
    const person = personOf(payload)
    const isSound = exp - iat <= TOKEN_LIFE_S_MAX && iat * 1000 <= nowMs + CLOCK_TOLERANCE_S * 1000
    if (!isSound || person === undefined || typeof jti !== 'string' || jti.length > TOKEN_ID_CHARS_MAX) return 'token_claims'
    return { person, issuer: known.issuer, tokenId: jti, expiresAtMs: (exp + CLOCK_TOLERANCE_S) * 1000 }
  } catch (cause) {
    if (cause instanceof errors.JWTExpired) return 'token_expired'
    return cause instanceof errors.JWTClaimValidationFailed ? 'token_claims' : 'token_signature'
  }
}

function personOf(payload: Readonly<Record<string, unknown>>): StatedPerson | undefined {
  const text = (name: string) => {
    const value = payload[name]
    return typeof value === 'string' && value.trim() !== '' && value.length <= 255 ? value.trim() : undefined
  }
  const person: StatedPerson = {
    ...nobody,
    personalId: text('personal_id'),
    socialInsuranceNumber: text('social_insurance_number'),
    cardNumber: text('card_number'),
    fullName: text('name'),
    birthDate: text('birthdate'),
  }
  return (person.personalId ?? person.socialInsuranceNumber ?? person.cardNumber) ? person : undefined
}
