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
  /** `undefined` when it is not ours, was changed, or belongs to another facility or claim. */
  open(token: string, facilityCode: string, claimId: string): Receipt | undefined
}

const CIPHER = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16
const TOKEN_CHARS_MAX = 1024
const VERSION = 'r1'
const CONTENT_BYTES = 32
const TIME_BYTES = 6

/**
 * AES-256-GCM over content hash, time (ms, 48 bits) and visit number, with facility and claim as associated data. Sealed rather than
 * only signed: the hospital's visit number is in it, so that any process can answer `received` in full, and nobody reads it in an
 * address or a proxy's log.
 */
export function createReceipts(secret: Buffer, randomBytes: RandomBytes): Receipts {
  // Once: a key as bytes is made into a key object at each call.
  const key = createSecretKey(secret)
  return {
    seal({ claimId, encounterId, contentSha256, receivedAt }, facilityCode) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(associated(facilityCode, claimId))
      const head = Buffer.allocUnsafe(CONTENT_BYTES + TIME_BYTES)
      head.write(contentSha256, 'hex')
      head.writeUIntBE(Date.parse(receivedAt), CONTENT_BYTES, TIME_BYTES)
      const parts = [nonce, cipher.update(head), cipher.update(encounterId, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return Buffer.concat(parts).toString('base64url')
    },
    open(token, facilityCode, claimId) {
      if (token.length > TOKEN_CHARS_MAX) return undefined
      const sealed = Buffer.from(token, 'base64url')
      if (sealed.length < NONCE_BYTES + CONTENT_BYTES + TIME_BYTES + TAG_BYTES) return undefined
      try {
        const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE_BYTES))
          .setAAD(associated(facilityCode, claimId))
          .setAuthTag(sealed.subarray(-TAG_BYTES))
        const opened = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
        return {
          claimId,
          contentSha256: opened.toString('hex', 0, CONTENT_BYTES),
          receivedAt: new Date(opened.readUIntBE(CONTENT_BYTES, TIME_BYTES)).toISOString(),
          encounterId: opened.toString('utf8', CONTENT_BYTES + TIME_BYTES),
        }
      } catch {
        return undefined
      }
    },
  }
}

const associated = (facilityCode: string, claimId: string) => Buffer.from(`${VERSION}:${facilityCode}:${claimId}`)
