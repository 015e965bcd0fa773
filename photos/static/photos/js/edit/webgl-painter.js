// The painter with WebGL 2: transform, colour table (3D texture) and sharpening in one pass.
import { toSource } from "tessera/edit/geometry";
import { GRID } from "tessera/edit/color-math";

const VERTEX = `#version 300 es
out vec2 place;
void main() {
  place = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0;
  gl_Position = vec4(place.x * 2.0 - 1.0, 1.0 - place.y * 2.0, 0, 1);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp sampler3D;
uniform sampler2D picture;
uniform sampler3D table;
uniform vec2 across, down, start, pixel;
uniform float amount;
uniform bool isRecolored;
in vec2 place;
out vec4 color;
vec3 colorAt(vec2 at) {
  vec3 source = texture(picture, start + across * at.x + down * at.y, -0.5).rgb;
  if (!isRecolored) return source;
  return clamp(texture(table, (source * ${GRID - 1}.0 + 0.5) / ${GRID}.0).rgb, 0.0, 1.0);
}
void main() {
  vec3 middle = colorAt(place);
  if (amount > 0.0) {
    vec3 around = -middle;
    for (int y = -1; y <= 1; y++) for (int x = -1; x <= 1; x++) around += colorAt(place + vec2(x, y) * pixel);
    middle += amount * (8.0 * middle - around);
  }
  color = vec4(middle, 1);
}`;

export class GlPainter {
  canvas = document.createElement("canvas");
  most = Infinity; // pixels a side

  /** Throws where there is no WebGL 2, or not enough of it. */
  constructor(image) {
    const options = { alpha: false, antialias: false, preserveDrawingBuffer: true };
    const gl = (this.gl = this.canvas.getContext("webgl2", options));
    if (!gl) throw new Error("no WebGL 2");
    this.size = [image.naturalWidth, image.naturalHeight];
    const isTooLarge = Math.max(...this.size) > gl.getParameter(gl.MAX_TEXTURE_SIZE);
    if (isTooLarge) throw new Error("picture too large for this device");
    this.program = gl.createProgram();
    this.#compile(gl.VERTEX_SHADER, VERTEX);
    this.#compile(gl.FRAGMENT_SHADER, FRAGMENT);
    gl.linkProgram(this.program);
    const isLinked = gl.getProgramParameter(this.program, gl.LINK_STATUS);
    if (!isLinked) throw new Error(gl.getProgramInfoLog(this.program) ?? "no program");
    gl.useProgram(this.program);
    this.#texture(0, gl.TEXTURE_2D, gl.LINEAR_MIPMAP_LINEAR);
    gl.pixelStorei(gl.UNPACK_COLORSPACE_CONVERSION_WEBGL, gl.NONE);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, image);
    gl.generateMipmap(gl.TEXTURE_2D);
    this.#texture(1, gl.TEXTURE_3D, gl.LINEAR);
    gl.texStorage3D(gl.TEXTURE_3D, 1, gl.RGB16F, GRID, GRID, GRID);
    gl.uniform1i(this.#uniform("table"), 1);
  }

  /** Draw at `size` [width, height]. `table`: of colours, or null to keep them. `amount`: of sharpening, per
   *  neighbour. */
  draw(edits, size, table, amount) {
    const { gl } = this;
    [this.canvas.width, this.canvas.height] = size;
    gl.viewport(0, 0, ...size);
    const [a, b, c, d, e, f] = toSource(this.size, edits);
    const [width, height] = this.size;
    gl.uniform2f(this.#uniform("across"), a / width, b / height);
    gl.uniform2f(this.#uniform("down"), c / width, d / height);
    gl.uniform2f(this.#uniform("start"), e / width, f / height);
    gl.uniform2f(this.#uniform("pixel"), 1 / size[0], 1 / size[1]);
    gl.uniform1f(this.#uniform("amount"), amount);
    gl.uniform1i(this.#uniform("isRecolored"), table ? 1 : 0);
    if (table) gl.texSubImage3D(gl.TEXTURE_3D, 0, 0, 0, 0, GRID, GRID, GRID, gl.RGB, gl.FLOAT, table);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  #texture(unit, kind, smaller) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(kind, gl.createTexture());
    const axes = [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, gl.TEXTURE_WRAP_R];
    for (const axis of axes) gl.texParameteri(kind, axis, gl.CLAMP_TO_EDGE);
    gl.texParameteri(kind, gl.TEXTURE_MIN_FILTER, smaller);
    gl.texParameteri(kind, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  }

  #compile(kind, source) {
    const shader = this.gl.createShader(kind);
    this.gl.shaderSource(shader, source);
    this.gl.compileShader(shader);
    this.gl.attachShader(this.program, shader);
  }

  #uniform(name) {
    return this.gl.getUniformLocation(this.program, name);
  }
}
