/** The error case of a function's `result`. */
interface ComponentError<Payload = unknown> extends Error {
  readonly code: 'ERR_COMPONENT';
  /** What the component gave. */
  readonly payload: Payload;
  readonly component: string;
  readonly export: string;
}
interface ComponentErrorConstructor extends Function {
  readonly prototype: ComponentError<any>;
}
declare var ComponentError: ComponentErrorConstructor;

/** A component trapped, or its answer broke the canonical ABI. Its objects are gone; the next call finds a fresh instance. */
interface TrapError extends Error {
  readonly code: 'ERR_TRAP';
  readonly component: string;
  readonly export: string;
}
interface TrapErrorConstructor extends Function {
  readonly prototype: TrapError;
}
declare var TrapError: TrapErrorConstructor;

/** A component reached a limit of its own. */
interface LimitError extends Error {
  readonly code: 'ERR_LIMIT';
  readonly component: string;
  readonly export: string;
  readonly limit: string;
  readonly used: number;
  readonly allowed: number;
}
interface LimitErrorConstructor extends Function {
  readonly prototype: LimitError;
}
declare var LimitError: LimitErrorConstructor;
