/** What goes in and out of the check besides claims; imports nothing, so that the package's types stand alone. */

/** Lines of register files, parsed, in the shapes of `registry import`; any of them may be left out. */
export interface RegisterRows {
  readonly facilities?: readonly unknown[]
  readonly members?: readonly unknown[]
  readonly catalogue?: readonly unknown[]
}

/** A row is not of the shape that `registry import` takes. Says which row and member, never a value. */
export class RegisterRowInvalid extends Error {
  override readonly name = 'RegisterRowInvalid'
}

/** A register that was not to hand, and what it would have to say. */
export interface Unknown {
  readonly register: 'member' | 'facility' | 'catalogue' | 'history' | 'referrals'
  readonly message: { readonly vi: string; readonly en: string }
  /** What the decision took for granted in its place: of a facility its level, former level, kind and points. */
  readonly assumed?: Readonly<Record<string, string | number | null>>
}
