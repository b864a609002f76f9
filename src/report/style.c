// SPDX-License-Identifier: Apache-2.0
/*
 * The looks: A4 on paper, the same sheet on a screen. One accent colour; what was refused or
 * differs has a second one, and words and borders that print in grey. Only what WeasyPrint 57
 * knows is used for the layout: no grid, no custom properties.
 */
#include <stdio.h>

#include "base/cleanup.h"
#include "chapters.h"

#define INK    "#171b1f"
#define SOFT   "#55606a"
#define LINE   "#cdd5da"
#define WASH   "#f3f6f7"
#define ACCENT "#17475a"
#define ALARM  "#8c1d18"

#define SANS "\"Liberation Sans\",\"Helvetica Neue\",Helvetica,Arial,\"DejaVu Sans\",sans-serif"
#define MONO "\"DejaVu Sans Mono\",Menlo,Consolas,\"Liberation Mono\",monospace"

static const char text_rules[] =
	"*{box-sizing:border-box}\n"
	"html{font:9.6pt/1.48 " SANS ";color:" INK
	";background:#e6ebed;-webkit-text-size-adjust:100%}\n"
	"body{margin:0}\n"
	"main{max-width:210mm;margin:0 auto;padding:18mm 17mm;background:#fff;"
	"overflow-wrap:anywhere}\n"
	"bdi{unicode-bidi:isolate}\n"
	"a{color:" ACCENT "}a:focus-visible{outline:2px solid " ACCENT ";outline-offset:2px}\n"
	".skip{position:absolute;left:-999px}"
	".skip:focus{left:8px;top:8px;background:#fff;padding:4px 8px}\n"
	"h1{font-size:23pt;line-height:1.15;font-weight:400;letter-spacing:-.01em;margin:0 0 9pt}\n"
	"h2{font-size:15pt;line-height:1.25;font-weight:400;margin:27pt 0 9pt;padding-top:7pt;"
	"border-top:1.6pt solid " ACCENT "}\n"
	"h2 .no{color:" ACCENT ";display:inline-block;min-width:1.75em}\n"
	"h3{font-size:10pt;font-weight:700;margin:14pt 0 4pt}\n"
	"p{margin:0 0 7pt}.remark{color:" SOFT ";font-size:8.4pt;line-height:1.42}\n"
	"ul,ol{margin:0 0 7pt;padding-left:1.35em}li{margin:0 0 2.5pt}\n"
	"code,pre,.hex{font-family:" MONO "}\n"
	"code{font-size:.87em}.hex{font-size:7.5pt;line-height:1.5;overflow-wrap:break-word}\n"
	"pre{font-size:7.7pt;line-height:1.5;background:" WASH ";border-left:2.2pt solid " LINE
	";padding:6pt 9pt;margin:0 0 8pt;white-space:pre-wrap}\n"
	".absent{color:" SOFT ";font-style:italic}\n";

static const char table_rules[] =
	"table{table-layout:fixed;border-collapse:collapse;width:100%;margin:0 0 "
	"13pt;font-size:8.6pt;"
	"line-height:1.42}\n"
	"caption{text-align:left;font-weight:700;font-size:8.9pt;padding:4pt 0 3.5pt;"
	"caption-side:top}\n"
	"caption .tno{color:" ACCENT ";margin-right:.7em}\n"
	"th,td{text-align:left;vertical-align:top;padding:3pt 8pt 3pt 0;border-bottom:.5pt "
	"solid " LINE ";font-weight:400}\n"
	"thead th{color:" SOFT ";font-size:7.9pt;border-bottom:.8pt solid " INK
	";border-top:.8pt solid " INK ";vertical-align:bottom}\n"
	"th:last-child,td:last-child{padding-right:0}\n"
	".n{text-align:right;font-variant-numeric:tabular-nums}th.n{overflow-wrap:normal}\n"
	".w5{width:5%}.w6{width:6%}.w8{width:8%}.w9{width:9%}.w10{width:10%}.w11{width:11%}"
	".w12{width:12%}.w13{width:13%}.w14{width:14%}.w15{width:15%}.w16{width:16%}"
	".w17{width:17%}.w18{width:18%}.w19{width:19%}.w20{width:20%}.w21{width:21%}"
	".w22{width:22%}.w23{width:23%}.w24{width:24%}.w25{width:25%}.w26{width:26%}"
	".w27{width:27%}.w30{width:30%}.w32{width:32%}\n"
	"td small{color:" SOFT ";font-size:7.6pt}.time{font-size:7.7pt}"
	".rest td{color:" SOFT ";font-style:italic}\n"
	"table.facts caption{border-bottom:.8pt solid " INK "}\n"
	"table.facts th{width:33%;color:" SOFT "}\n"
	".verdict{font-weight:700;letter-spacing:.03em;font-size:7.9pt;overflow-wrap:normal}\n"
	".verdict.yes{color:" ACCENT "}.verdict.no{color:" ALARM ";text-decoration:underline}\n"
	"table.hashes tbody th{overflow-wrap:normal}.nb{overflow-wrap:normal}\n"
	"table.problems tbody th{padding-right:12pt}"
	"table.problems tbody th span{display:block;color:" SOFT "}\n"
	"table.problems ul{padding-left:1.1em;margin:0}table.problems .remark{margin:3pt 0 0}\n"
	"table.findings code{display:block;color:" SOFT ";margin-top:1.5pt}\n"
	".fno{color:" ACCENT ";font-weight:700}\n"
	"table.sign td,table.sign th{height:42pt;vertical-align:bottom}"
	"table.sign thead th{height:auto}table.sign td{border-bottom:.8pt solid " INK
	"}table.sign td+td{border-left:8pt solid #fff}\n"
	".argv code{display:inline-block;border:.5pt solid " LINE ";background:" WASH
	";padding:.5pt 4pt;margin:0 1pt 3pt 0;max-width:100%}\n"
	".bar{display:block;height:5pt;background:" ACCENT ";min-width:.6pt}"
	".bars td.b{width:26%;vertical-align:middle}\n";

static const char cover_rules[] =
	"header{border-top:5pt solid " ACCENT ";padding-top:9pt}\n"
	".lab{float:left;max-width:62%;font-weight:700;font-size:10pt;margin:0}\n"
	".id{float:right;font:8.8pt " MONO ";margin:1pt 0 0}\n"
	".kind{clear:both;color:" ACCENT ";font-size:8.8pt;letter-spacing:.03em;margin:0;"
	"padding-top:11pt}\n"
	"dl{margin:0}dd{margin:0}dt{color:" SOFT ";font-size:7.9pt}\n"
	".who{margin:0 0 11pt}.who div{display:inline-block;width:32%;vertical-align:top;"
	"padding:0 8pt 5pt 0}\n"
	".outcome{border:.8pt solid " ACCENT ";border-left:6.5pt solid " ACCENT
	";padding:8pt 13pt 8pt;margin:0 0 11pt;background:" WASH "}\n"
	".outcome .word{border:0;padding:0;margin:0 0 "
	"2pt;font-size:19pt;line-height:1.2;color:" ACCENT "}\n"
	".outcome p{margin:0;font-size:10pt}\n"
	".outcome.no{border-color:" ALARM "}.outcome.no .word{color:" ALARM "}\n"
	".outcome.open{border-style:dashed;border-left-style:double}\n"
	".numbers{display:table;table-layout:fixed;width:100%;margin:0 0 8pt;"
	"border-bottom:.5pt solid " LINE "}\n"
	".numbers div{display:table-cell;padding:1pt 6pt 6pt 9pt;border-left:.5pt solid " LINE "}\n"
	".numbers div:first-child{padding-left:0;border:0}\n"
	".numbers dd{font-size:15pt;line-height:1.25;font-variant-numeric:tabular-nums}\n"
	".numbers small{display:block;font-size:7.9pt;color:" SOFT ";line-height:1.35}\n"
	".cover h3{margin-top:9pt}.cover li{margin-bottom:1.5pt}.count{color:" SOFT "}\n"
	".cover ul,.cover ol{font-size:9pt;line-height:1.42}\n"
	".glance{margin-bottom:8pt}.glance .hex{font-size:7.1pt}\n"
	"nav h2{border:0;margin:0 0 8pt;padding:0}\n"
	"nav ol{list-style:none;margin:0;padding:0}nav li{border-bottom:.5pt solid " LINE
	";padding:2.5pt 0;margin:0}nav a{text-decoration:none;color:" INK "}"
	"nav .no{color:" ACCENT ";display:inline-block;width:2.3em}\n"
	".identity{margin-top:18pt}\n"
	".end{text-align:center;margin:26pt 0 0;font-weight:700}"
	".end::before{content:\"\";display:block;width:40mm;margin:0 auto 8pt;"
	"border-top:.8pt solid " INK "}"
	".end span{font:8.8pt " MONO "}\n"
	".blank{display:inline-block;min-width:42mm;border-bottom:.6pt solid " INK
	";height:1em;vertical-align:baseline}.cert li{margin-bottom:6pt}"
	".blanks{margin:0 0 9pt}\n"
	"figure{margin:0 0 11pt}figcaption{color:" SOFT ";font-size:8.3pt}\n"
	".map{display:block;width:100%;height:auto}.running{display:none}\n";

static const char screen_rules[] =
	"@media screen and (max-width:600px){main{padding:16px}.who div{width:48%}"
	".numbers,.numbers div{display:block}.numbers div{border:0;padding-left:0}"
	"table{display:block;overflow-x:auto}}\n"
	"@media screen{.cover,nav{margin-bottom:30pt}}\n";

static const char paper_rules[] =
	"@media print{html{background:#fff}main{max-width:none;padding:0;margin:0}"
	".skip{display:none}.cover,.contents{break-after:page}h2{margin-top:22pt}"
	"a{color:inherit;text-decoration:none}"
	"h2,h3,caption,.keep{break-after:avoid}h2+p,h3+p{break-after:avoid}"
	"tr,figure,.outcome,.numbers,li,.who div{break-inside:avoid}"
	".remark{break-before:avoid}.end{break-before:avoid;break-inside:avoid}"
	"table.problems tr{break-inside:auto}thead{display:table-header-group}"
	"p{orphans:3;widows:3}#certificate{break-before:page}"
	"#signatures,.readings,.digests,.glance,.short,.facts,.sign{break-inside:avoid}"
	"nav a::after{content:target-counter(attr(href),page);float:right;color:" SOFT "}"
	"bdi,.running{unicode-bidi:isolate}"
	"*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}\n";

/* WeasyPrint: bookmarks, and the running header from an element, so that no text of the case
 * stands in the style. */
static const char pdf_rules[] =
	"h1,h3,.cover h2,.cover h3{bookmark-level:none}"
	"section h2{bookmark-level:1}section h3{bookmark-level:2;bookmark-state:closed}"
	".cover h3{bookmark-level:none}\n"
	"@media print{.running{display:block;string-set:about "
	"content(text);height:0;overflow:hidden;"
	"font-size:1px;line-height:0;color:#fff}}\n";

char *exh_style(const char *report_id, const char *page_of)
{
	char *style = NULL;

	if (asprintf(&style,
		     "%s%s%s%s%s%s@page{size:A4;margin:21mm 18mm 20mm;"
		     "@top-left{content:string(about);font:7pt " SANS ";color:" SOFT
		     ";vertical-align:bottom;padding-bottom:4mm}"
		     "@top-right{content:\"%s\";font:7pt " MONO ";color:" SOFT
		     ";vertical-align:bottom;padding-bottom:4mm;white-space:nowrap}"
		     "@bottom-left{content:\"exhibit\";font:7pt " SANS ";color:" SOFT "}"
		     "@bottom-right{content:%s;font:7pt " SANS ";color:" SOFT "}}\n"
		     "@page:first{margin-top:17mm;@top-left{content:none}@top-right{content:none}"
		     "@bottom-left{content:\"%s\";font:7pt " MONO ";color:" SOFT "}}\n",
		     text_rules, table_rules, cover_rules, screen_rules, paper_rules, pdf_rules,
		     report_id, page_of, report_id) < 0)
		return NULL;
	return style;
}
