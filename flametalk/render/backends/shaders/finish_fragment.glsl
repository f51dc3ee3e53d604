#version 330 core
// Mixes the covered part of every pixel with what lies behind, and encodes it.

uniform sampler2D drawn;   // light times cover, cover
uniform sampler2D behind;  // bytes as given, row 0 at the top
uniform bool is_data;      // numbers: no sRGB curve

out vec4 byte_values;

vec3 decode(vec3 value) {
    return mix(value / 12.92, pow((value + 0.055) / 1.055, vec3(2.4)), step(0.04045, value));
}

vec3 encode(vec3 light) {
    return mix(12.92 * light, 1.055 * pow(max(light, 1e-9), vec3(1.0 / 2.4)) - 0.055, step(0.0031308, light));
}

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    vec4 front = texelFetch(drawn, at, 0);
    vec3 back = texelFetch(behind, ivec2(at.x, textureSize(behind, 0).y - 1 - at.y), 0).rgb;
    vec3 mixed = front.rgb + (1.0 - front.a) * (is_data ? back : decode(back));
    mixed = clamp(mixed, 0.0, 1.0);
    vec3 value = front.a == 0.0 ? back : is_data ? mixed : encode(mixed);
    byte_values = vec4(value, front.a);
}
