/** What a client may be: a hospital's system, a reception kiosk, the insurer's staff, the operator of the gateway. */
export type Role = 'facility' | 'kiosk' | 'insurer' | 'operator'
export const ROLES: readonly Role[] = ['facility', 'kiosk', 'insurer', 'operator']

/** Who calls, from the credential alone. */
export interface Caller {
  readonly clientId: string
  readonly facilityCode: string
  readonly role: Role
}

/** A facility has one bucket in each, so that filing claims never keeps its desk from checking people in. */
export type Lane = 'claims' | 'desk'

export interface Access {
  /**
   * The caller of an `Authorization` header. Synchronous when the token was verified before.
   * @throws Problem request.unauthenticated
   */
  authenticate(authorization: string | undefined): Caller | Promise<Caller>
  /** Takes `cost` (1) from the bucket of the caller's facility in the lane (`claims`). @throws Problem caller.over_limit with `Retry-After` */
  admit(caller: Caller, cost?: number, lane?: Lane): void
}
