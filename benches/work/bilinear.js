// A picture brought to another size in plain JavaScript: a convolution with a triangle, along the rows and then along the
// columns, as image libraries do it. Three bytes a pixel.

// For each new place along a side: where its old neighbours begin, how many they are, and how much each counts.
function triangle(from, to) {
  const scale = from / to;
  const radius = Math.max(scale, 1);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - radius));
    const end = Math.min(from, Math.ceil(centre + radius));
    const weights = new Float64Array(end - start);
    let sum = 0;
    for (let i = start; i < end; i++) {
      const weight = Math.max(0, 1 - Math.abs((i + 0.5 - centre) / radius));
      weights[i - start] = weight;
      sum += weight;
    }
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}

function resizeInJavaScript(pixels, width, height, newWidth, newHeight) {
  const rows = new Uint8ClampedArray(newWidth * height * 3);
  triangle(width, newWidth).forEach(({ start, weights }, x) => {
    for (let y = 0; y < height; y++) {
      let [red, green, blue] = [0, 0, 0];
      let at = (y * width + start) * 3;
      for (let i = 0; i < weights.length; i++, at += 3) {
        red += weights[i] * pixels[at];
        green += weights[i] * pixels[at + 1];
        blue += weights[i] * pixels[at + 2];
      }
      const target = (y * newWidth + x) * 3;
      rows[target] = red;
      rows[target + 1] = green;
      rows[target + 2] = blue;
    }
  });
  const result = new Uint8ClampedArray(newWidth * newHeight * 3);
  const line = newWidth * 3;
  triangle(height, newHeight).forEach(({ start, weights }, y) => {
    for (let x = 0; x < line; x++) {
      let sum = 0;
      let at = start * line + x;
      for (let i = 0; i < weights.length; i++, at += line) sum += weights[i] * rows[at];
      result[y * line + x] = sum;
    }
  });
  return result;
}
