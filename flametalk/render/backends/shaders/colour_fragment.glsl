#version 330 core
// Light of one triangle in one pixel: the formulas of `render/shading.py`.

const int SHADED = 0, WIRE = 1, NORMALS = 2, DEPTH = 3, UV = 4;
const float LID_REACH = 1.1;  // how far the upper lid darkens the eye: iris radii, and pixels at most
const int LID_STEPS = 96;

centroid in vec4 v_paint;
centroid in vec3 v_answer;
centroid in vec4 v_places;
centroid in vec3 v_normal;
centroid in vec4 v_weights;
flat in ivec2 v_kinds;
flat in vec2 v_spreads;
flat in vec2 v_ends[3];

uniform int mode;
uniform vec2 span;         // depths shown white and black
uniform vec2 size;
uniform vec3 lens;
uniform bool perspective;
uniform vec3 lamp_direction[4];  // key, fill, back, catch
uniform vec3 lamp_colour[4];
uniform float lamp_shine[4];
uniform vec3 sky, ground, wrap;
uniform float rim, exposure;
uniform vec3 inside;       // colour of back faces
uniform vec4 inside_answer;  // highlight: height, width; ambient and lamp light let in
uniform vec3 eye_colour[5];  // sclera, inner, outer, limbus, pupil
uniform vec3 eye_shape;    // pupil radius, fibres, shade under the lid
uniform sampler2D skin;    // linear light, share of the highlight
uniform sampler2D which;   // triangle + 1, material: of the pixels' centres

out vec4 light_and_cover;

vec3 eyeball(vec2 gaze, float scale) {
    float radius = length(gaze), soft = 0.7 * scale, edge = max(0.05, soft);
    float hole = 1.0 - smoothstep(eye_shape.x - edge, eye_shape.x + edge, radius);
    float streak = 0.0;
    if (radius < 1.1) {
        float angle = atan(gaze.y, gaze.x);
        streak = sin(angle * 17.0) + 0.6 * sin(angle * 29.0 + 1.0);
        streak *= eye_shape.y * max(1.0 - 6.0 * scale, 0.0);
    }
    vec3 value = mix(eye_colour[2], eye_colour[1], 1.0 - smoothstep(eye_shape.x, 0.9, radius));
    value *= 1.0 + streak * (1.0 - hole);
    value *= 1.0 - 0.45 * gaze.y;  // light from above gathers in the lower half
    value = mix(value, eye_colour[3], smoothstep(0.66, 1.0, radius));
    value = mix(value, eye_colour[4], hole);
    vec3 ball = eye_colour[0] * (1.0 - vec3(0.15, 0.27, 0.27) * smoothstep(1.2, 2.4, radius));
    edge = max(0.08, soft);
    return mix(value, ball, smoothstep(1.02 - edge, 1.02 + edge, radius));
}

// How near the upper lid is, 1 = touching: the way up to the first pixel that is something else.
float lid_shade(float scale) {
    float reach = min(LID_REACH, float(LID_STEPS) * scale), way = 0.5;
    ivec2 at = ivec2(gl_FragCoord.xy);
    for (int up = 1; up <= LID_STEPS; up++) {
        if (at.y + up >= int(size.y) || way * scale >= reach) return 0.0;
        vec2 seen = texelFetch(which, at + ivec2(0, up), 0).xy;
        if (seen.x > 0.5 && (seen.y < 1.5 || seen.y > 4.5)) break;
        way += 1.0;
    }
    float near = max(1.0 - way * scale / reach, 0.0);
    return near * near * (3.0 - 2.0 * near);
}

float lobe(vec3 normal, vec3 view, vec3 lamp, float width) {
    vec3 halfway = lamp + view;
    float cosine = max(dot(normal, halfway), 0.0);
    cosine = cosine * cosine / (dot(halfway, halfway) + 1e-12);
    float value = width / (cosine * (width - 1.0) + 1.0);
    return value * value * clamp(4.0 * dot(normal, lamp), 0.0, 1.0);
}

vec3 reflected(vec3 normal, vec3 view, vec3 colour, vec4 answer) {
    float ambient = answer.z, open = answer.w, up = 0.5 + 0.5 * normal.y;
    vec3 shut = colour * (1.0 - ambient);  // light that bounces inside a hollow takes on its colour
    vec3 light = mix(ground, sky, up) * ambient * (1.0 + shut + shut * shut);
    for (int k = 0; k < 3; k++) {
        vec3 wrapped = max(1.0 + (dot(normal, lamp_direction[k]) - 1.0) * wrap, 0.0);
        light += open * lamp_colour[k] * wrapped * wrapped;
    }
    float shine = lamp_shine[0] * lobe(normal, view, lamp_direction[0], answer.y);
    shine += lamp_shine[3] * lobe(normal, view, lamp_direction[3], answer.y);
    float graze = 1.0 - clamp(dot(normal, view), 0.0, 1.0);
    shine = answer.x * open * shine + rim * graze * graze * graze * ambient * up;
    vec3 value = exposure * (colour * light + shine);
    return min(value, 0.7) + 0.3 - 0.09 / (max(value - 0.7, 0.0) + 0.3);
}

vec3 shaded(vec3 normal, vec2 at) {
    vec3 colour = v_paint.rgb;
    vec4 answer = vec4(v_paint.a, v_answer);
    if (!gl_FrontFacing) {
        colour = inside;
        answer = inside_answer;
    } else if (v_spreads.x > 0.0) {
        float wide = max(v_spreads.x, 1.0), level = floor(log2(wide));
        vec2 place = vec2(v_places.x, 1.0 - v_places.y);
        vec4 texel = textureLod(skin, place, level + wide / exp2(level) - 1.0);
        colour = texel.rgb;
        answer.x *= texel.a;
    } else if (v_kinds.x >= 2 && v_kinds.x <= 4) {
        colour = eyeball(v_places.zw, v_spreads.y);
        float light = v_spreads.y > 0.0 ? 1.0 - eye_shape.z * lid_shade(v_spreads.y) : 1.0;
        answer *= vec4(1.0 / light, 1.0, light, light);  // the sparkle stays
    }
    vec3 view = vec3(0, 0, 1);
    if (perspective) view = normalize(vec3((lens.y - at.x) / lens.x, (at.y - lens.z) / lens.x, 1.0));
    return reflected(normal, view, colour, answer);
}

float wire(vec2 at) {
    float line = 0.0;
    for (int k = 0; k < 3; k++) {
        vec2 from = v_ends[k], along = v_ends[(k + 1) % 3] - from;
        float away = abs(along.x * (at.y - from.y) - along.y * (at.x - from.x));
        away *= 256.0 / max(length(along), 1.0 / 256.0);
        if ((v_kinds.y >> k & 1) == 1) line = max(line, 1.0 - smoothstep(50.0, 230.0, away));
    }
    return 0.75 * line;
}

vec3 data(vec3 normal) {
    if (mode == NORMALS) return 0.5 + 0.5 * normal;
    if (mode == DEPTH) return vec3((span.y - v_weights.w) / (span.y - span.x));
    if (mode == UV) {
        vec2 square = floor(v_places.xy * 32.0);
        return vec3(v_places.xy, mod(square.x + square.y, 2.0) > 0.5 ? 0.6 : 0.25);
    }
    return vec3(1);
}

void main() {
    vec2 at = vec2(gl_FragCoord.x, size.y - gl_FragCoord.y);
    vec3 normal = normalize(v_normal) * (gl_FrontFacing ? 1.0 : -1.0);
    vec3 value = mode <= WIRE ? shaded(normal, at) : data(normal);
    value = clamp(value, 0.0, 1.0);
    if (mode == WIRE) value = mix(value, vec3(0.03, 0.055, 0.08), wire(at));
    light_and_cover = vec4(value, 1);
}
