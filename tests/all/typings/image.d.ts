// The component 'image', as `innerbox types` declares it.
/// <reference lib="esnext" />

declare module 'image' {
  export * from 'innerbox:image/codec@0.1.0';
  export * as codec from 'innerbox:image/codec@0.1.0';
  export * as 'innerbox:image/codec@0.1.0' from 'innerbox:image/codec@0.1.0';
  export * as 'innerbox:image/codec' from 'innerbox:image/codec@0.1.0';

  /** All of it as one object. */
  const exports: Omit<typeof import('image'), 'default'>;
  export default exports;
}

/**
 * Pictures: read, turned upright, cut, scaled and written.
 *
 * A picture never changes: what alters it gives a new one, and both live until they are dropped.
 */
declare module 'innerbox:image/codec@0.1.0' {
  /** What is taken for a list of bytes. */
  type Bytes = Uint8Array | Uint8ClampedArray | ArrayBuffer | DataView | readonly number[];

  /** What a picture is, known from its header alone. */
  export interface Info {
    /** Columns, as stored: `orientation` is not applied. */
    width: number;
    /** Rows, as stored. */
    height: number;
    /** The format it was read from; none where it was made from pixels. */
    format: Format | undefined;
    /** The EXIF orientation, from 1 (upright) to 8. */
    orientation: number;
    /** Whether any pixel could be transparent. */
    alpha: boolean;
  }

  /** The formats that are read. */
  export type Format =
    | 'jpeg'
    | 'png'
    /** Both kinds, with loss and without. Of an animation the first frame. */
    | 'webp'
    /** The first frame. */
    | 'gif';

  /** Why there is no picture. */
  export type Error =
    /** The bytes begin like none of the formats that are read. */
    | { tag: 'unknown-format' }
    /** The bytes begin well, and then are not what they should be. */
    | { tag: 'malformed'; val: string }
    /** The picture is sound, but of a kind that is not read. */
    | { tag: 'unsupported'; val: string }
    /** More than 65,535 pixels along a side, more than 100 million in all, or more than memory holds. */
    | { tag: 'too-large'; val: Size }
    /** An argument makes no sense. */
    | { tag: 'invalid'; val: string };

  /** A width and a height in pixels. */
  export interface Size {
    width: number;
    height: number;
  }

  /** How a picture is brought to another size. Name a width, a height or both. */
  export interface ResizeOptions {
    width?: number | null | undefined;
    height?: number | null | undefined;
    /** `inside` where none is named. */
    fit?: Fit | null | undefined;
    /** `lanczos3` where none is named. */
    filter?: Filter | null | undefined;
  }

  /** How a picture fits the size that is asked for. The words are those of CSS, but for `inside`. */
  export type Fit =
    /** As large as fits within the size, in its own proportions. */
    | 'inside'
    /**
     * Exactly the size, in its own proportions: what sticks out is cut off evenly. Needs a width and a height.
     */
    | 'cover'
    /** Exactly the size, stretched. A side that is not named stays as it is. */
    | 'fill';

  /** How new pixels are made of old ones, from the fastest to the finest. */
  export type Filter = 'nearest' | 'bilinear' | 'catmull-rom' | 'lanczos3';

  /** A rectangle of pixels, counted from the upper left corner. */
  export interface Area {
    left: number;
    top: number;
    width: number;
    height: number;
  }

  /**
   * How a picture is written. A colour profile goes along; other metadata does not, so `orient` comes first.
   */
  export type Encoding =
    /** JPEG of a quality from 1 to 100; 80 suits a photograph. What is transparent is laid on white. */
    | { tag: 'jpeg'; val: number }
    /** PNG, without loss. */
    | { tag: 'png' }
    /** WebP, without loss. */
    | { tag: 'webp' };

  /**
   * What the picture in `data` is, without decoding it.
   *
   * @throws {ComponentError<Error>}
   */
  export function probe(data: Bytes): Info;

  /**
   * Decodes the picture in `data`. A size beyond the limits is refused before any memory is taken for it.
   *
   * @throws {ComponentError<Error>}
   */
  export function decode(data: Bytes): Image;

  /** A picture in memory. */
  export class Image implements Disposable {
    #private;
    private constructor();

    /**
     * A picture made of `pixels`: four bytes each (red, green, blue, alpha), row by row from the top.
     *
     * @throws {ComponentError<Error>}
     */
    static fromPixels(width: number, height: number, pixels: Bytes): Image;

    /** What this picture is. */
    info(): Info;

    /**
     * The picture upright: turned and mirrored as its EXIF orientation says.
     *
     * @throws {ComponentError<Error>}
     */
    orient(): Image;

    /**
     * The picture in another size.
     *
     * @throws {ComponentError<Error>}
     */
    resize(options: ResizeOptions): Image;

    /**
     * The part of the picture within `area`, which must lie inside it.
     *
     * @throws {ComponentError<Error>}
     */
    crop(area: Area): Image;

    /**
     * The picture as bytes of a file.
     *
     * @throws {ComponentError<Error>}
     */
    encode(encoding: Encoding): Uint8Array<ArrayBuffer>;

    /** Its pixels: four bytes each (red, green, blue, alpha), row by row from the top. */
    pixels(): Uint8Array<ArrayBuffer>;

    /** Drops the resource, as the end of a block does for what is declared with `using`. */
    [Symbol.dispose](): void;
  }

  export {};
}

declare module 'innerbox:image/codec' {
  export * from 'innerbox:image/codec@0.1.0';
}

declare module 'innerbox:component' {
  interface Instantiate {
    /** An instance of its own, with the imports that are given. */
    (component: 'image', imports?: object): Omit<typeof import('image'), 'default'>;
  }
  export var instantiate: Instantiate;

  interface Promising {
    /** The same export as a function that gives a promise, and runs off the thread. */
    <This, Parameters extends unknown[], Result>(
      fn: (this: This, ...parameters: Parameters) => Result,
      options?: { signal?: { readonly aborted: boolean; readonly reason: any; throwIfAborted(): void } | undefined },
    ): (this: This, ...parameters: Parameters) => Promise<Result>;
  }
  export var promising: Promising;
}

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
