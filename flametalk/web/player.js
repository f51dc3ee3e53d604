// Plays a talking head: unpacks what packing.py wrote, poses the mesh as flametalk/head/model.py does,
// draws it with WebGL2, and follows the sound. No library, no network.
"use strict";

// --- unpacking --------------------------------------------------------------------------------------

const JOINTS = 5, JAW = 2;
const element = (id) => document.getElementById(id);

function bytesOf(id) {
  const text = atob(element(id).textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const TYPES = { u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array, u4: Uint32Array, f4: Float32Array };

// Two-byte arrays come as a plane of low bytes and a plane of high bytes. With a step they become floats.
function reader(bytes, entries) {
  return (name) => {
    const { at, n, type, step } = entries[name];
    const size = Number(type[1]);
    let raw = bytes.slice(at, at + n * size);
    if (size === 2) {
      const whole = new Uint8Array(n * 2);
      for (let i = 0; i < n; i++) {
        whole[2 * i] = raw[i];
        whole[2 * i + 1] = raw[n + i];
      }
      raw = whole;
    }
    const values = new TYPES[type](raw.buffer);
    return step === undefined ? values : Float32Array.from(values, (value) => value * step);
  };
}

// Displacements of the vertices that a target moves.
function targetsOf(array, name) {
  const counts = array(`${name}_counts`), gaps = array(`${name}_gaps`), values = array(`${name}_values`);
  const targets = [];
  let at = 0;
  for (const count of counts) {
    const rows = new Uint16Array(count);
    let row = 0;
    for (let i = 0; i < count; i++) rows[i] = row += gaps[at + i];
    targets.push({ rows, offsets: values.subarray(3 * at, 3 * (at + count)) });
    at += count;
  }
  return targets;
}

// --- rotations: quaternions are x y z w, matrices nine numbers, row after row --------------------------

function quaternionOf(axisAngle) {
  const angle = Math.hypot(...axisAngle);
  if (angle < 1e-9) return [0, 0, 0, 1];
  const scale = Math.sin(angle / 2) / angle;
  return [axisAngle[0] * scale, axisAngle[1] * scale, axisAngle[2] * scale, Math.cos(angle / 2)];
}

function matrixOf([x, y, z, w]) {
  const n = 2 / (x * x + y * y + z * z + w * w);
  return [
    1 - n * (y * y + z * z), n * (x * y - z * w), n * (x * z + y * w),
    n * (x * y + z * w), 1 - n * (x * x + z * z), n * (y * z - x * w),
    n * (x * z - y * w), n * (y * z + x * w), 1 - n * (x * x + y * y),
  ];
}

function multiplied(a, b) {
  const out = new Array(9);
  for (let r = 0; r < 9; r += 3)
    for (let c = 0; c < 3; c++) out[r + c] = a[r] * b[c] + a[r + 1] * b[3 + c] + a[r + 2] * b[6 + c];
  return out;
}

const turned = (m, x, y, z) => [
  m[0] * x + m[1] * y + m[2] * z, m[3] * x + m[4] * y + m[5] * z, m[6] * x + m[7] * y + m[8] * z,
];

// --- the head -----------------------------------------------------------------------------------------

class Head {
  constructor(header, array) {
    this.header = header;
    this.count = header.vertices;
    this.rest = array("points");
    this.shapes = targetsOf(array, "shape");
    this.correctives = targetsOf(array, "pose");
    this.correctiveOf = array("pose_of");
    this.places = array("places");
    this.drift = array("drift");
    this.skinJoints = array("skin_joints");
    this.skinWeights = array("skin_weights");
    this.faces = array("faces");
    this.weights = array("weights");
    this.turns = array("turns");
    this.translation = header.arrays.translation ? array("translation") : null;
    this.shaped = new Float32Array(3 * this.count);
    this.posed = new Float32Array(3 * this.count);
    this.normals = new Float32Array(3 * this.count);
    // what the sliders add to the clip
    this.extra = new Float32Array(this.shapes.length);
    this.extraJaw = [0, 0, 0];
  }

  // A value between two frames of curves that lie one after the other.
  at(curves, curve, frame) {
    const { frames } = this.header;
    const first = Math.min(Math.floor(frame), frames - 1), next = Math.min(first + 1, frames - 1);
    const a = curves[curve * frames + first], b = curves[curve * frames + next];
    return a + (b - a) * (frame - first);
  }

  rotation(joint, frame) {
    const q = [0, 1, 2, 3].map((k) => this.at(this.turns, 4 * joint + k, frame));
    const matrix = matrixOf(q);
    return joint === JAW ? multiplied(matrix, matrixOf(quaternionOf(this.extraJaw))) : matrix;
  }

  // Vertices and normals at a frame, which may lie between two.
  pose(frame) {
    const joints = this.places.slice();
    this.shaped.set(this.rest);
    for (let k = 0; k < this.shapes.length; k++) {
      const weight = this.at(this.weights, k, frame) + this.extra[k];
      if (Math.abs(weight) < 1e-4) continue;
      add(this.shaped, this.shapes[k], weight);
      for (let j = 0; j < 3 * JOINTS; j++) joints[j] += weight * this.drift[3 * JOINTS * k + j];
    }
    const rotations = [];
    for (let j = 0; j < JOINTS; j++) rotations.push(this.rotation(j, frame));
    this.addCorrectives(rotations);
    this.skin(this.chain(rotations, joints, frame));
    this.findNormals();
  }

  addCorrectives(rotations) {
    for (let k = 0; k < this.correctives.length; k++) {
      let weight = 0;
      for (let entry = 0; entry < 9 * (JOINTS - 1); entry++) {
        const cell = entry % 9, still = cell % 4 === 0 ? 1 : 0;
        const factor = this.correctiveOf[9 * (JOINTS - 1) * k + entry];
        if (factor) weight += factor * (rotations[1 + Math.floor(entry / 9)][cell] - still);
      }
      if (Math.abs(weight) > 1e-5) add(this.shaped, this.correctives[k], weight);
    }
  }

  // World transforms of the joints, twelve numbers each: rows of three, then the shift.
  chain(rotations, joints, frame) {
    const world = [], places = [], rows = [];
    for (let j = 0; j < JOINTS; j++) {
      const parent = this.header.parents[j];
      const [x, y, z] = joints.subarray(3 * j, 3 * j + 3);
      if (parent < 0) {
        world.push(rotations[j]);
        places.push([x, y, z]);
      } else {
        const [px, py, pz] = joints.subarray(3 * parent, 3 * parent + 3);
        const step = turned(world[parent], x - px, y - py, z - pz);
        world.push(multiplied(world[parent], rotations[j]));
        places.push(step.map((value, c) => value + places[parent][c]));
      }
      const held = turned(world[j], x, y, z);
      const move = [0, 1, 2].map((c) => (this.translation ? this.at(this.translation, c, frame) : 0));
      rows.push([...world[j], ...places[j].map((value, c) => value - held[c] + move[c])]);
    }
    return rows;
  }

  skin(transforms) {
    const { shaped, posed, skinJoints, skinWeights } = this, { slots } = this.header;
    for (let v = 0; v < this.count; v++) {
      const x = shaped[3 * v], y = shaped[3 * v + 1], z = shaped[3 * v + 2];
      let a = 0, b = 0, c = 0;
      for (let s = slots * v; s < slots * (v + 1); s++) {
        const w = skinWeights[s] / 65535;
        if (w === 0) break;
        const t = transforms[skinJoints[s]];
        a += w * (t[0] * x + t[1] * y + t[2] * z + t[9]);
        b += w * (t[3] * x + t[4] * y + t[5] * z + t[10]);
        c += w * (t[6] * x + t[7] * y + t[8] * z + t[11]);
      }
      posed[3 * v] = a;
      posed[3 * v + 1] = b;
      posed[3 * v + 2] = c;
    }
  }

  // Area-weighted sums of the faces around each vertex; the shader makes them unit long.
  findNormals() {
    const { posed: p, normals: n, faces } = this;
    n.fill(0);
    for (let f = 0; f < faces.length; f += 3) {
      const i = 3 * faces[f], j = 3 * faces[f + 1], k = 3 * faces[f + 2];
      const ux = p[j] - p[i], uy = p[j + 1] - p[i + 1], uz = p[j + 2] - p[i + 2];
      const vx = p[k] - p[i], vy = p[k + 1] - p[i + 1], vz = p[k + 2] - p[i + 2];
      const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
      n[i] += x; n[i + 1] += y; n[i + 2] += z;
      n[j] += x; n[j + 1] += y; n[j + 2] += z;
      n[k] += x; n[k + 1] += y; n[k + 2] += z;
    }
  }
}

function add(points, { rows, offsets }, weight) {
  const n = rows.length;
  for (let i = 0; i < n; i++) {
    const at = 3 * rows[i];
    points[at] += weight * offsets[i];
    points[at + 1] += weight * offsets[n + i];
    points[at + 2] += weight * offsets[2 * n + i];
  }
}

// --- the picture --------------------------------------------------------------------------------------

const VERTEX = `#version 300 es
in vec3 place, normal; in vec2 uv; in float occlusion;
uniform mat4 view, lens;
out vec3 seen, facing; out vec2 texel; out float open;
void main() {
  vec4 p = view * vec4(place, 1.0);
  facing = mat3(view) * normal / max(length(normal), 1e-20); // of one length, or large triangles show
  seen = p.xyz; texel = vec2(uv.x, 1.0 - uv.y); open = occlusion;
  gl_Position = lens * p;
}`;

// The formulas of render/shading.py: light from all around, three soft lamps that turn with the camera, and
// what shines back of the first and the last.
const FRAGMENT = `#version 300 es
precision highp float;
in vec3 seen, facing; in vec2 texel; in float open;
uniform sampler2D picture; uniform vec3 colour; uniform float textured;
uniform vec4 answer; // highlight: height, width; least ambient light; share of it that the lamps lose
uniform vec3 lampWay[4], lampColour[4]; uniform float lampShine[4];
uniform vec3 sky, ground, wrap, within; uniform float rim, exposure;
out vec4 result;
float lobe(vec3 n, vec3 eye, vec3 lamp) {
  float cosine = max(dot(n, normalize(lamp + eye)), 0.0);
  float value = answer.y / (cosine * cosine * (answer.y - 1.0) + 1.0);
  return value * value * clamp(4.0 * dot(n, lamp), 0.0, 1.0);
}
void main() {
  vec3 n = normalize(facing), eye = normalize(-seen);
  float inside = smoothstep(0.3, 0.7, -dot(n, eye)); // of the open neck
  if (inside > 0.0) n = -n;
  vec3 base = pow(textured > 0.5 ? texture(picture, texel).rgb : colour, vec3(2.2));
  base = mix(base, within, inside);
  float shade = mix(max(open, answer.z), 0.4, inside), direct = 1.0 - answer.w * (1.0 - shade), up = 0.5 + 0.5 * n.y;
  vec3 shut = base * (1.0 - shade); // light that bounces inside a hollow takes on its colour
  vec3 light = mix(ground, sky, up) * shade * (1.0 + shut + shut * shut);
  for (int k = 0; k < 3; k++) {
    vec3 soft = max(1.0 + (dot(n, lampWay[k]) - 1.0) * wrap, 0.0);
    light += direct * lampColour[k] * soft * soft;
  }
  float shine = lampShine[0] * lobe(n, eye, lampWay[0]) + lampShine[3] * lobe(n, eye, lampWay[3]);
  float graze = 1.0 - clamp(dot(n, eye), 0.0, 1.0);
  shine = (1.0 - inside) * answer.x * direct * shine + rim * graze * graze * graze * shade * up;
  vec3 c = exposure * (base * light + shine);
  c = min(c, 0.7) + 0.3 - 0.09 / (max(c - 0.7, 0.0) + 0.3); // bends toward white instead of clipping
  result = vec4(pow(c, vec3(1.0 / 2.2)), 1.0);
}`;

const WIRE = `#version 300 es
precision highp float;
uniform vec4 ink; out vec4 result;
void main() { result = ink; }`;

class Picture {
  constructor(canvas, head, array) {
    this.canvas = canvas;
    this.head = head;
    this.rows = array("rows");
    const gl = canvas.getContext("webgl2", { antialias: true, preserveDrawingBuffer: true });
    if (!gl) throw new Error("this browser has no WebGL 2");
    this.gl = gl;
    this.shaded = program(gl, VERTEX, FRAGMENT);
    this.lines = program(gl, VERTEX, WIRE);
    this.moving = new Float32Array(6 * this.rows.length);
    this.buildBuffers(array);
    this.yaw = 0.42;
    this.pitch = 0.03;
    this.zoom = 1;
    this.wire = false;
    head.pose(0);
    this.frame();
  }

  buildBuffers(array) {
    const { gl, rows } = this;
    const uv = array("uv"), occlusion = array("occlusion");
    this.mesh = gl.createVertexArray();
    gl.bindVertexArray(this.mesh);
    this.dynamic = buffer(gl, gl.ARRAY_BUFFER, this.moving, gl.DYNAMIC_DRAW);
    attribute(gl, 0, 3, gl.FLOAT, false, 24, 0);
    attribute(gl, 1, 3, gl.FLOAT, false, 24, 12);
    buffer(gl, gl.ARRAY_BUFFER, uv, gl.STATIC_DRAW);
    attribute(gl, 2, 2, gl.UNSIGNED_SHORT, true, 0, 0);
    buffer(gl, gl.ARRAY_BUFFER, Uint8Array.from(rows, (row) => occlusion[row]), gl.STATIC_DRAW);
    attribute(gl, 3, 1, gl.UNSIGNED_BYTE, true, 0, 0);
    this.corners = buffer(gl, gl.ELEMENT_ARRAY_BUFFER, array("corners"), gl.STATIC_DRAW);
    gl.bindVertexArray(null);
    this.buildWire(array("edges"));
  }

  // Edges of the head's own faces, each once; lines share the vertices of the triangles.
  buildWire(bits) {
    const { gl, rows, head } = this;
    const copy = new Map();
    rows.forEach((row, i) => copy.set(row, i));
    const seen = new Set(), edges = [];
    head.faces.forEach((a, at) => {
      if (!((bits[at >> 3] >> (7 - (at & 7))) & 1)) return;
      const b = head.faces[at % 3 === 2 ? at - 2 : at + 1];
      const name = Math.min(a, b) * 65536 + Math.max(a, b);
      if (!seen.has(name)) edges.push(copy.get(a), copy.get(b));
      seen.add(name);
    });
    this.edgeCount = edges.length;
    gl.bindVertexArray(this.mesh);
    this.edges = buffer(gl, gl.ELEMENT_ARRAY_BUFFER, Uint16Array.from(edges), gl.STATIC_DRAW);
    gl.bindVertexArray(null);
  }

  // The camera looks at the face and stays there; of a bust it leaves out the shoulders.
  frame() {
    const p = this.head.posed;
    const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
    for (let i = 0; i < p.length; i++) {
      low[i % 3] = Math.min(low[i % 3], p[i]);
      high[i % 3] = Math.max(high[i % 3], p[i]);
    }
    const height = high[1] - low[1];
    this.reach = 0.92 * height;
    this.middle = [(low[0] + high[0]) / 2, high[1] - 0.41 * height, (low[2] + high[2]) / 2];
  }

  async texture(bytes) {
    const { gl } = this;
    this.image = gl.createTexture();
    gl.bindTexture(gl.TEXTURE_2D, this.image);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array([255, 255, 255, 255]));
    if (!bytes.length) return;
    const image = await createImageBitmap(new Blob([bytes], { type: "image/jpeg" }));
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
  }

  draw() {
    const { gl, canvas, head, rows, moving } = this;
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    for (let i = 0; i < rows.length; i++) {
      const from = 3 * rows[i], to = 6 * i;
      for (let c = 0; c < 3; c++) {
        moving[to + c] = head.posed[from + c];
        moving[to + 3 + c] = head.normals[from + c];
      }
    }
    gl.bindBuffer(gl.ARRAY_BUFFER, this.dynamic);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, moving);
    gl.viewport(0, 0, width, height);
    gl.clearColor(0.875, 0.878, 0.886, 1);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    gl.bindVertexArray(this.mesh);
    this.drawParts(width / height);
    if (this.wire) this.drawWire(width / height);
  }

  drawParts(aspect) {
    const { gl, head } = this, use = this.camera(this.shaded, aspect);
    if (this.wire) gl.enable(gl.POLYGON_OFFSET_FILL); // behind its lines
    gl.polygonOffset(1, 1);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.corners);
    gl.bindTexture(gl.TEXTURE_2D, this.image);
    let at = 0;
    this.shineOn(use);
    for (const part of head.header.parts) {
      gl.uniform3fv(use("colour"), part.colour);
      gl.uniform4fv(use("answer"), head.header.light.answers[part.name]);
      gl.uniform1f(use("textured"), part.textured ? 1 : 0);
      gl.drawElements(gl.TRIANGLES, 3 * part.faces, gl.UNSIGNED_SHORT, 2 * at);
      at += 3 * part.faces;
    }
    gl.disable(gl.POLYGON_OFFSET_FILL);
  }

  shineOn(use) {
    const { gl, head: { header: { light } } } = this;
    gl.uniform3fv(use("lampWay"), light.lamps.flatMap((lamp) => lamp.direction));
    gl.uniform3fv(use("lampColour"), light.lamps.flatMap((lamp) => lamp.colour));
    gl.uniform1fv(use("lampShine"), light.lamps.map((lamp) => lamp.shine));
    gl.uniform3fv(use("sky"), light.sky);
    gl.uniform3fv(use("ground"), light.ground);
    gl.uniform3fv(use("wrap"), light.wrap);
    gl.uniform3fv(use("within"), light.inside);
    gl.uniform1f(use("rim"), light.rim);
    gl.uniform1f(use("exposure"), light.exposure);
  }

  drawWire(aspect) {
    const { gl } = this, use = this.camera(this.lines, aspect);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.edges);
    gl.uniform4f(use("ink"), 0.08, 0.1, 0.14, 1);
    gl.drawElements(gl.LINES, this.edgeCount, gl.UNSIGNED_SHORT, 0);
  }

  // An orbit around the middle; returns a finder of uniforms.
  camera(shader, aspect) {
    const { gl, yaw, pitch, middle } = this;
    const use = (name) => gl.getUniformLocation(shader, name);
    gl.useProgram(shader);
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const turn = [cy, 0, -sy, -sp * sy, cp, -sp * cy, cp * sy, sp, cp * cy];
    const slope = Math.tan(0.13), back = ((this.reach / 2 / slope) * Math.max(1, 0.75 / aspect)) / this.zoom;
    const [x, y, z] = turned(turn, ...middle);
    gl.uniformMatrix4fv(use("view"), true, [
      turn[0], turn[1], turn[2], -x, turn[3], turn[4], turn[5], -y, turn[6], turn[7], turn[8], -z - back, 0, 0, 0, 1,
    ]);
    const near = back * 0.3, far = back * 3;
    gl.uniformMatrix4fv(use("lens"), true, [
      1 / (slope * aspect), 0, 0, 0, 0, 1 / slope, 0, 0,
      0, 0, (near + far) / (near - far), (2 * near * far) / (near - far), 0, 0, -1, 0,
    ]);
    return use;
  }
}

function program(gl, vertex, fragment) {
  const made = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(made, shader);
  }
  ["place", "normal", "uv", "occlusion"].forEach((name, slot) => gl.bindAttribLocation(made, slot, name));
  gl.linkProgram(made);
  if (!gl.getProgramParameter(made, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(made));
  return made;
}

function buffer(gl, kind, data, usage) {
  const made = gl.createBuffer();
  gl.bindBuffer(kind, made);
  gl.bufferData(kind, data, usage);
  return made;
}

function attribute(gl, slot, size, type, normalised, stride, offset) {
  gl.enableVertexAttribArray(slot);
  gl.vertexAttribPointer(slot, size, type, normalised, stride, offset);
}

// --- time ---------------------------------------------------------------------------------------------

// The sound is the clock. Browsers tell its time in steps, so between two readings our own clock goes on;
// it is set right as soon as the two differ by more than a hundredth of a second.
class Clock {
  constructor(duration, sound) {
    this.duration = duration;
    this.playing = false;
    this.rate = 1;
    this.looping = true;
    this.from = 0; // the clip's time at `since`
    this.since = 0;
    this.audio = null;
    if (sound) {
      this.audio = new Audio(URL.createObjectURL(new Blob([sound], { type: "audio/flac" })));
      this.audio.preload = "auto";
    }
  }

  get time() {
    if (!this.playing) return this.from;
    const now = performance.now() / 1000;
    let time = this.from + (now - this.since) * this.rate;
    if (this.audio && !this.audio.paused && !this.audio.ended && this.audio.currentTime > 0) {
      const heard = this.audio.currentTime;
      if (Math.abs(heard - time) > 0.012) this.set(time = heard);
    } else if (this.audio && !this.audio.ended && this.audio.currentTime < this.duration - 0.1) {
      this.set(time = this.from); // the sound has not begun: wait for it
    }
    return time;
  }

  set(time) {
    this.from = time;
    this.since = performance.now() / 1000;
  }

  seek(time) {
    this.set(Math.min(Math.max(time, 0), this.duration));
    if (this.audio) this.audio.currentTime = this.from;
  }

  async play() {
    if (this.from >= this.duration - 1e-3) this.seek(0);
    this.set(this.from);
    this.playing = true;
    if (!this.audio) return;
    this.audio.playbackRate = this.rate;
    try {
      await this.audio.play();
    } catch (error) {
      this.audio = error.name === "NotSupportedError" ? null : this.audio; // a browser without FLAC plays mute
      if (this.audio) this.playing = false; // not before a click
    }
  }

  pause() {
    this.set(this.time);
    this.playing = false;
    if (this.audio) this.audio.pause();
  }

  speed(rate) {
    this.set(this.time);
    this.rate = rate;
    if (this.audio) this.audio.playbackRate = rate;
  }

  // Called once a frame: what happens at the end.
  turnOver() {
    if (!this.playing || this.time < this.duration) return;
    if (this.looping) {
      this.seek(0);
      this.play();
    } else {
      this.pause();
      this.set(this.duration);
    }
  }
}

// --- the strip ----------------------------------------------------------------------------------------

const COLOURS = ["#e8a06a", "#7fb7e6", "#9ccf8a", "#c9a0dc"];

class Strip {
  constructor(canvas, header, array) {
    this.canvas = canvas;
    this.header = header;
    this.wave = header.arrays.wave ? array("wave") : new Uint8Array(0);
    this.curves = header.strip.map((curve, k) => {
      const values = array(`curve/${curve.name}`);
      let low = Infinity, high = -Infinity;
      for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
      return { ...curve, values, low, high, colour: COLOURS[k % COLOURS.length] };
    });
    this.still = document.createElement("canvas");
  }

  // All but the playhead is drawn once for a size.
  paint(width, height) {
    Object.assign(this.still, { width, height });
    const draw = this.still.getContext("2d");
    const middle = height * 0.24, loudest = Math.max(8, this.wave.reduce((a, b) => Math.max(a, b), 0));
    draw.fillStyle = "#4a4f57";
    for (let x = 0; x < width; x++) {
      const value = this.wave[Math.floor((x / width) * this.wave.length)] || 0;
      const tall = Math.max(1, (value / loudest) * middle * 1.7);
      draw.fillRect(x, middle - tall / 2, 1, tall);
    }
    const top = height * 0.5, room = height * 0.46;
    for (const { values, low, high, colour } of this.curves) {
      draw.strokeStyle = colour;
      draw.lineWidth = Math.max(1, height / 90);
      draw.beginPath();
      for (let i = 0; i < values.length; i++) {
        const x = ((i + 0.5) / values.length) * width;
        const y = top + room * (high - low > 1e-6 ? (high - values[i]) / (high - low) : 0.5);
        i ? draw.lineTo(x, y) : draw.moveTo(x, y);
      }
      draw.stroke();
    }
  }

  draw(time, duration) {
    const { canvas } = this, ratio = Math.min(window.devicePixelRatio || 1, 2);
    const width = Math.round(canvas.clientWidth * ratio), height = Math.round(canvas.clientHeight * ratio);
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
      this.paint(width, height);
    }
    const draw = canvas.getContext("2d");
    draw.fillStyle = "#1c1f23";
    draw.fillRect(0, 0, width, height);
    draw.drawImage(this.still, 0, 0);
    draw.fillStyle = "#ffffff";
    draw.fillRect(Math.round((time / duration) * width) - 1, 0, Math.max(1, ratio), height);
  }

  legend(frame) {
    const at = Math.min(Math.round(frame), this.header.frames - 1);
    return this.curves
      .map((c) => `<span><b style="color:${c.colour}">${c.name}</b> ${c.values[at].toFixed(1)} ${c.unit}</span>`)
      .join("");
  }
}

// --- sliders ------------------------------------------------------------------------------------------

class Sliders {
  constructor(panel, head) {
    this.head = head;
    const { expressions, emotions } = head.header;
    this.jaw = 0;
    this.single = new Float32Array(expressions.length);
    this.felt = Object.keys(emotions).map((name) => ({ ...emotions[name], amount: 0 }));
    const reset = document.createElement("button");
    reset.textContent = "all to zero";
    panel.append(reset);
    this.inputs = [];
    this.group(panel, "Emotion", Object.keys(emotions), 0, 1, (k, value) => (this.felt[k].amount = value));
    this.group(panel, "Jaw", ["open"], 0, 0.5, (_, value) => (this.jaw = value));
    const names = expressions.map((name) => name.replaceAll("_", " "));
    this.group(panel, "Expression", names, -1, 1, (k, value) => (this.single[k] = value));
    reset.onclick = () => this.inputs.forEach((input) => this.move(input, 0));
  }

  group(panel, title, names, low, high, change) {
    if (!names.length) return;
    const heading = document.createElement("h2");
    heading.textContent = title;
    panel.append(heading);
    names.forEach((name, k) => {
      const label = document.createElement("label"), input = document.createElement("input");
      Object.assign(input, { type: "range", min: low, max: high, step: 0.01, value: 0, title: name });
      input.addEventListener("input", () => {
        change(k, Number(input.value));
        this.apply();
      });
      input.ondblclick = () => this.move(input, 0);
      label.append(name, input);
      panel.append(label);
      this.inputs.push(input);
    });
  }

  move(input, value) {
    input.value = value;
    input.dispatchEvent(new Event("input"));
  }

  apply() {
    const { extra } = this.head, jaw = [this.jaw, 0, 0];
    extra.set(this.single);
    for (const { expression, jaw: turn, amount } of this.felt) {
      expression.forEach((value, k) => (extra[k] += amount * value));
      turn.forEach((value, c) => (jaw[c] += amount * value));
    }
    this.head.extraJaw = jaw;
    this.head.changed = true;
  }
}

// --- the page -----------------------------------------------------------------------------------------

function watchPointer(picture) {
  const { canvas } = picture;
  let last = null;
  canvas.onpointerdown = (event) => {
    last = [event.clientX, event.clientY];
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointerup = () => (last = null);
  canvas.onpointermove = (event) => {
    if (!last) return;
    picture.yaw -= (event.clientX - last[0]) * 0.008;
    picture.pitch = Math.min(1.4, Math.max(-1.4, picture.pitch + (event.clientY - last[1]) * 0.008));
    last = [event.clientX, event.clientY];
    picture.changed = true;
  };
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    picture.zoom = Math.min(6, Math.max(0.4, picture.zoom * Math.exp(-event.deltaY * 0.0012)));
    picture.changed = true;
  }, { passive: false });
  canvas.ondblclick = () => Object.assign(picture, { yaw: 0.42, pitch: 0.03, zoom: 1, changed: true });
}

function watchButtons(clock, picture, strip) {
  const toggle = (id, change) => {
    element(id).onclick = () => {
      const on = element(id).getAttribute("aria-pressed") !== "true";
      element(id).setAttribute("aria-pressed", on);
      change(on);
      picture.changed = true;
    };
  };
  toggle("loop", (on) => (clock.looping = on));
  toggle("wire", (on) => (picture.wire = on));
  toggle("faces", (on) => (element("panel").hidden = !on));
  element("play").onclick = () => (clock.playing ? clock.pause() : clock.play());
  element("speed").onchange = () => clock.speed(Number(element("speed").value));
  const scrub = (event) => {
    if (event.buttons & 1) clock.seek((event.offsetX / strip.canvas.clientWidth) * clock.duration);
  };
  strip.canvas.onpointerdown = (event) => {
    strip.canvas.setPointerCapture(event.pointerId);
    scrub(event);
  };
  strip.canvas.onpointermove = scrub;
  window.onresize = () => (picture.changed = true);
  window.onkeydown = (event) => {
    const frame = 1 / picture.head.header.fps;
    const keys = {
      " ": () => element("play").click(),
      w: () => element("wire").click(),
      ArrowLeft: () => clock.seek(clock.time - frame),
      ArrowRight: () => clock.seek(clock.time + frame),
    };
    const busy = { INPUT: true, SELECT: true, BUTTON: event.key === " " }[event.target.tagName];
    if (busy || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  };
}

async function start() {
  const header = JSON.parse(element("header").textContent);
  const bytes = await inflated(bytesOf("block"));
  const array = reader(bytes, header.arrays);
  const head = new Head(header, array);
  const picture = new Picture(element("view"), head, array);
  await picture.texture(bytesOf("texture"));
  const clock = new Clock(header.frames / header.fps, header.arrays.sound ? array("sound") : null);
  const strip = new Strip(element("strip"), header, array);
  new Sliders(element("panel"), head);
  watchPointer(picture);
  watchButtons(clock, picture, strip);
  const seconds = (time) => time.toFixed(2).padStart(5, "0");
  let shown = -1, drawn = 0;
  const step = () => {
    clock.turnOver();
    const time = Math.min(clock.time, clock.duration);
    if (time !== shown || picture.changed || head.changed) {
      const frame = Math.min(time * header.fps, header.frames - 1);
      if (time !== shown || head.changed) head.pose(frame);
      picture.changed = head.changed = false;
      picture.draw();
      strip.draw(time, clock.duration);
      element("time").textContent = `${seconds(time)} / ${seconds(clock.duration)} s`;
      element("legend").innerHTML = strip.legend(frame);
      shown = time;
      drawn++;
    }
    element("play").textContent = clock.playing ? "pause" : "play";
    requestAnimationFrame(step);
  };
  step();
  // for scripts that look into the page
  window.flametalk = { head, picture, clock, header, get shown() { return shown; }, get drawn() { return drawn; } };
}

start().catch((error) => {
  element("note").textContent = `This page cannot be shown: ${error.message}`;
  window.flametalk = { error: error.message };
});
