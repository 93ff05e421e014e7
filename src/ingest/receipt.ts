import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import type { RandomBytes } from './request-ids.ts'

/** What a receipt says. It is sealed for one facility: to any other it is not a receipt. */
export interface Receipt {
  readonly claimId: string
  readonly encounterId: string
  readonly contentSha256: string
  readonly receivedAt: string
}
export interface Receipts {
  /** A token for an address: base64url, opaque, authenticated; it gives no right of its own. */
  seal(receipt: Receipt, facilityCode: string): string
  /** `undefined` when it is not ours, was changed, or belongs to another facility. */
  open(token: string, facilityCode: string): Receipt | undefined
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const TOKEN_CHARS_MAX = 1024
const VERSION = 'r1'

/**
 * AES-256-GCM with the facility as associated data. Sealed rather than only signed: the hospital's visit number is in it, so that any
 * process can answer `received` in full, and nobody reads it in an address or a proxy's log.
 */
export function createReceipts(secret: Buffer, randomBytes: RandomBytes): Receipts {
  // Once: a key as bytes is made into a key object at each call.
  const key = createSecretKey(secret)
  return {
    seal({ claimId, encounterId, contentSha256, receivedAt }, facilityCode) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(associated(facilityCode))
      const text = JSON.stringify([claimId, encounterId, contentSha256, receivedAt])
      return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open(token, facilityCode) {
      if (token.length > TOKEN_CHARS_MAX) return undefined
      const sealed = Buffer.from(token, 'base64url')
      if (sealed.length <= NONCE_BYTES + TAG_BYTES) return undefined
      try {
        const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES))
          .setAAD(associated(facilityCode))
          .setAuthTag(sealed.subarray(-TAG_BYTES))
        const text = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
        const [claimId, encounterId, contentSha256, receivedAt] = JSON.parse(text) as [string, string, string, string]
        return { claimId, encounterId, contentSha256, receivedAt }
      } catch {
        return undefined
      }
    },
  }
}

const associated = (facilityCode: string) => Buffer.from(`${VERSION}:${facilityCode}`)
