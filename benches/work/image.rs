//! A photograph of 8 megapixels decoded; 2 megapixels of it brought to another size, and encoded.

use std::cell::LazyCell;
use std::hint::black_box;

use criterion::Criterion;
use fast_image_resize::images::{Image as Target, ImageRef as Source};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, ImageReader};
use innerbox::Sandbox;

use crate::subject::{Script, done, give, group, time};

const PHOTOGRAPH: &[u8] = include_bytes!("../../examples/lake-sherburne.jpg");

/// What is cut out of the photograph, from its upper left corner.
const PART: (u32, u32) = (1920, 1080);
/// What that is brought to.
const SMALL: (u32, u32) = (640, 360);
const QUALITY: u8 = 80;

const IMPORTS: &str = "import { decode } from 'image';\n";

const LOOPS: &str = r#"
const [width, height, newWidth, newHeight] = [1920, 1080, 640, 360];
const last = {};
let part, pixels;

// Pictures come with four bytes a pixel.
const opaque = (image) => image.pixels().filter((_, i) => i % 4 !== 3);

Object.assign(globalThis, {
  prepare() {
    using whole = decode(photograph);
    part = whole.crop({ left: 0, top: 0, width, height });
    pixels = opaque(part);
  },
  decode(n) {
    for (let i = 0; i < n; i++) decode(photograph)[Symbol.dispose]();
  },
  resize(n) {
    for (let i = 0; i < n; i++) {
      last.resize?.[Symbol.dispose]();
      last.resize = part.resize({ width: newWidth, height: newHeight, fit: 'fill', filter: 'bilinear' });
    }
  },
  encode(n) {
    for (let i = 0; i < n; i++) last.encode = part.encode({ tag: 'jpeg', val: 80 });
  },
  resizeLoop(n) {
    for (let i = 0; i < n; i++) {
      last.resizeInJavaScript = resizeInJavaScript(pixels, width, height, newWidth, newHeight);
    }
  },
  // The furthest that a byte of one is from the same byte of the other.
  difference() {
    const mine = last.resizeInJavaScript;
    return opaque(last.resize).reduce((most, byte, i) => Math.max(most, Math.abs(byte - mine[i])), 0);
  },
});
"#;

pub(crate) fn bench(criterion: &mut Criterion) {
    let mut group = group(criterion, "image");
    group.sample_size(10);
    let mut script = Script::prepared("image", prepare);
    let part = LazyCell::new(|| decode(PHOTOGRAPH).crop_imm(0, 0, PART.0, PART.1));
    script.bench(&mut group, "decode", "decode");
    group.bench_function("decode-native", |bencher| bencher.iter(|| decode(black_box(PHOTOGRAPH))));
    script.bench(&mut group, "resize", "resize");
    group.bench_function("resize-native", |bencher| bencher.iter(|| resize(black_box(&part))));
    script.bench(&mut group, "resize-javascript", "resizeLoop");
    script.bench(&mut group, "encode", "encode");
    group.bench_function("encode-native", |bencher| bencher.iter(|| encode(black_box(&part))));
}

/// Gives the script the photograph, and sees that its two ways to resize agree.
fn prepare(sandbox: &mut Sandbox) {
    let source = [IMPORTS, include_str!("bilinear.js"), LOOPS].concat();
    done(sandbox.run_module_source("bench.js", &source));
    give(sandbox, "photograph", PHOTOGRAPH);
    for name in ["prepare", "resize", "resizeLoop"] {
        time(sandbox, name, 1);
    }
    let difference: f64 = sandbox.eval("difference()").into_value().unwrap();
    assert!(difference <= 2.0, "JavaScript resizes otherwise than the guest: {difference}");
}

// What follows does what the guest does, by the same calls.

fn decode(data: &[u8]) -> DynamicImage {
    let mut reader = ImageReader::new(std::io::Cursor::new(data)).with_guessed_format().unwrap();
    reader.no_limits();
    let image = DynamicImage::from_decoder(reader.into_decoder().unwrap()).unwrap();
    DynamicImage::ImageRgb8(image.into_rgb8())
}

fn resize(image: &DynamicImage) -> Vec<u8> {
    let how = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    let source = Source::new(image.width(), image.height(), image.as_bytes(), PixelType::U8x3).unwrap();
    let mut target = Target::new(SMALL.0, SMALL.1, PixelType::U8x3);
    Resizer::new().resize(&source, &mut target, &how).unwrap();
    target.into_vec()
}

fn encode(image: &DynamicImage) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut file, QUALITY);
    encoder.set_optimized_huffman_tables(true);
    let (width, height) = (PART.0 as u16, PART.1 as u16);
    encoder.encode(image.as_bytes(), width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    file
}
