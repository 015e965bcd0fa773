// Kinds of files that are no photos, with advice for each. They are recognised by name or by their first bytes.
import { gettext } from "tessera/lib/i18n";

const HEIF = /.{4}ftyp(?!crx ).{0,56}?(?:avi[fs]|he[iv][cmsx]|mi[fa]1|msf1)/;
const OTHER_PHOTO = /\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF.{4}WEBP|II[*+]\0(?!.{4}CR)|MM\0[*+]/;
const PHOTO = new RegExp(`^(?:${OTHER_PHOTO.source}|${HEIF.source})`, "s");

/** [names, first bytes, sentence]; bytes as one character each. */
const OTHERS = [
  [
    /\.(3fr|arw|cr[23w]|dcr|dng|erf|fff|iiq|kdc|mos|mrw|nef|nrw|orf|pef|raf|raw|rw[2l]|sr[2fw]|x3f)$/i,
    /^(II\*\0.{4}CR|IIR[OS]|MMOR|IIU\0|FUJIFILM|FOVb|\0MRM|.{4}ftypcrx )/s,
    gettext("This is a camera raw file. Please export it as a JPEG from your camera or photo program first."),
  ],
  [
    /\.(3gp|avi|flv|insv|m2ts|m4v|mkv|mov|mp4|mpe?g|mts|og[gv]|webm|wmv)$/i,
    /^(.{4}(ftyp|moov|mdat|wide|free|skip|pnot)|\x1aE\xdf\xa3|RIFF.{4}AVI |\0\0\x01[\xb3\xba]|FLV\x01|OggS)/s,
    gettext("This is a video. Only photos can be uploaded: please choose a photo."),
  ],
  [
    /\.svgz?$/i,
    /^(?:\xef\xbb\xbf)?\s*<(.*<)?svg/is,
    gettext("SVG is a drawing, not a photo. Please export it as a PNG and upload that."),
  ],
  [
    /\.(ai|e?ps)$/i,
    /^(%!PS|\xc5\xd0\xd3\xc6)/,
    gettext("PostScript (EPS) is a drawing, not a photo. Please export it as a PNG and upload that."),
  ],
  [
    /\.pdf$/i,
    /^%PDF/,
    gettext("This is a PDF document. Please save the picture in it as a JPEG or PNG and upload that."),
  ],
  [
    /\.ps[bd]$/i,
    /^8BPS/,
    gettext("This is a Photoshop document. Please save the picture in it as a JPEG or PNG and upload that."),
  ],
  [
    /\.xcf$/i,
    /^gimp xcf/,
    gettext("This is a GIMP document. Please save the picture in it as a JPEG or PNG and upload that."),
  ],
  [
    /\.jxl$/i,
    /^(\xff\x0a|\0\0\0\x0cJXL )/,
    gettext("JPEG XL is not shown by all browsers yet. Please save it as a JPEG and upload that."),
  ],
  [
    /\.(j2[ck]|jp2|jpf|jpx)$/i,
    /^(\0\0\0\x0cjP {2}|\xff\x4f\xff\x51)/,
    gettext("JPEG 2000 is not shown by all browsers yet. Please save it as a JPEG and upload that."),
  ],
  [
    /\.(bmp|dib)$/i,
    /^BM.{4}\0{4}/s,
    gettext("BMP images are not supported. Please save it as a PNG or JPEG and upload that."),
  ],
  [/\.ico$/i, /^\0\0[\x01\x02]\0/, gettext("This is an icon file. Please save it as a PNG and upload that.")],
  [
    /\.(exr|hdr)$/i,
    /^(v\/1\x01|#\?RADIANCE)/,
    gettext("High-dynamic-range files are not supported. Please export a JPEG."),
  ],
  [
    /\.(7z|g?z|rar|tar|tgz|zip)$/i,
    /^(PK\x03\x04|\x1f\x8b|Rar!|7z\xbc\xaf)/,
    gettext("This is an archive. Please unpack it and upload the photos."),
  ],
  [
    /\.html?$/i,
    /^(?:\xef\xbb\xbf)?\s*<(!doctype html|html)/i,
    gettext("This is a web page. Please save the picture in it."),
  ],
];
export const HEAD_BYTES = 512;

/** Return why a file is no photo; "" when it is one. `head`: its first HEAD_BYTES, as text in latin-1. */
export function otherThanPhoto({ name, type }, head) {
  const byName = OTHERS.find(([names]) => names.test(name));
  if (byName) return byName[2];
  if (PHOTO.test(head)) return "";
  const byBytes = OTHERS.find(([, bytes]) => bytes.test(head));
  if (byBytes) return byBytes[2];
  if (type.startsWith("video/")) return OTHERS[1][2];
  return head ? gettext("This image format is not supported. JPEG, PNG, WebP, HEIC, AVIF, GIF and TIFF are.") : "";
}
