// SPDX-License-Identifier: Apache-2.0
#include "proto/errors/reason.h"

#include <algorithm>

namespace waystation::errors {
namespace {

using Code = absl::StatusCode;

// By hundreds: 1 who may, 2 requests, 3 updates, 4 frames, 5 administration,
// 6 decisions, 7 the hub's state, 8 start-up and files, 9 adapters and wayctl,
// 10 why a claim stands, 11 why something is open, 12 findings of a check.
// One line for machines, then the words.
// clang-format off
constexpr Reason kReasons[] = {
    // --- 1: who may ---
    {"NOT_AVAILABLE", 101, Code::kNotFound, Exit::kNotFound,
     {"What was asked for is not available", "所请求的内容不可用"},
     {"It does not exist, or it is not yours to know: the answer is the same "
      "for both. Check the key or handle, and which agreement covers the call.",
      "可能不存在，也可能无权知悉，两种情况答复相同。请核对主键或代号，以及该"
      "调用所依据的协议。"}},
    {"NO_IDENTITY", 102, Code::kUnauthenticated, Exit::kNotAllowed,
     {"The client certificate names no identity that this hub knows",
      "客户端证书中没有本枢纽认可的身份"},
     {"Use a certificate from this hub's authority that carries exactly one "
      "SPIFFE URI; `wayctl cert inspect FILE` shows what yours says.",
      "请使用本枢纽证书机构签发、且仅含一个 SPIFFE URI 的证书；用 `wayctl cert "
      "inspect FILE` 查看证书内容。"}},
    {"WRONG_ROLE", 103, Code::kPermissionDenied, Exit::kNotAllowed,
     {"This role may not make this call", "该角色无权进行此调用"},
     {"Roles are kept apart. Use the context of the role that may: agencies "
      "submit and read, the office decides, operators administer, auditors "
      "audit.",
      "各角色相互分离。请改用有权角色的上下文：机构报送与读取，核对办公室裁定，"
      "运维管理，审计员审计。"}},
    {"CERTIFICATE_REVOKED", 104, Code::kUnauthenticated, Exit::kNotAllowed,
     {"The client certificate has been revoked", "客户端证书已被吊销"},
     {"Ask the operator for a new certificate.", "请向运维人员申请新证书。"}},
    {"AGENCY_NOT_REGISTERED", 105, Code::kPermissionDenied, Exit::kNotAllowed,
     {"The agency of the certificate is not registered at this hub",
      "证书所属机构尚未在本枢纽登记"},
     {"An operator registers it with `wayctl agency put`.",
      "请运维人员用 `wayctl agency put` 登记。"}},
    {"NOT_ALLOWED", 106, Code::kPermissionDenied, Exit::kNotAllowed,
     {"This is not allowed", "不允许此操作"},
     {"", ""}},
    {"PURPOSE_MISSING", 107, Code::kInvalidArgument, Exit::kUsage,
     {"A call that reads must name its purpose", "读取数据的调用必须注明用途"},
     {"Give one of the purposes of the closed list, such as "
      "PURPOSE_IDENTITY_CONFIRMATION.",
      "请注明封闭清单中的一种用途，例如 PURPOSE_IDENTITY_CONFIRMATION。"}},
    {"TOO_MANY_CALLS", 108, Code::kResourceExhausted, Exit::kUnreachable,
     {"Too many calls from this caller", "该调用方的调用过于频繁"},
     {"Wait as long as the answer says, then go on more slowly.",
      "请按答复所示时间等待，然后放慢速度继续。"}},

    // --- 2: requests ---
    {"INVALID_REQUEST", 201, Code::kInvalidArgument, Exit::kUsage,
     {"The request is not valid", "请求无效"},
     {"The named fields break the named rules; mend them and call again.",
      "所列字段不符合所列规则，请更正后重新调用。"}},
    {"FIELD_MISSING", 202, Code::kInvalidArgument, Exit::kUsage,
     {"A required field is missing", "缺少必填字段"},
     {"Set the named field.", "请填写所列字段。"}},
    {"OUT_OF_RANGE", 203, Code::kOutOfRange, Exit::kUsage,
     {"A value lies outside what is held", "数值超出现有范围"},
     {"Ask for something that the log or list already holds.",
      "请改为日志或列表中已有的范围。"}},
    {"PAGE_TOKEN_INVALID", 204, Code::kInvalidArgument, Exit::kUsage,
     {"The page token is not one of this hub's for this list",
      "分页标记不属于本枢纽的该列表"},
     {"Start again without a token.", "请不带分页标记重新开始。"}},
    {"ATTRIBUTE_UNKNOWN", 205, Code::kInvalidArgument, Exit::kUsage,
     {"There is no attribute of this name", "没有此名称的属性"},
     {"Attributes are the fields of waystation.v1.Person, such as birth_date.",
      "属性名即 waystation.v1.Person 的字段名，例如 birth_date。"}},
    {"REASON_MISSING", 206, Code::kInvalidArgument, Exit::kUsage,
     {"A reason in words is required", "必须写明理由"},
     {"Say why, without personal values; it is kept in the audit log.",
      "请写明理由，不得含个人信息；理由将记入审计日志。"}},
    {"ETAG_MISSING", 207, Code::kInvalidArgument, Exit::kUsage,
     {"The request must carry the etag of what was seen",
      "请求必须携带所见内容的版本标记"},
     {"Read the item first and send its etag.",
      "请先读取该事项，再携带其版本标记。"}},
    {"REQUEST_ID_REUSED", 208, Code::kInvalidArgument, Exit::kUsage,
     {"This request id belongs to another request", "该请求编号已用于另一请求"},
     {"Use a new random id for each new request.",
      "每个新请求请使用新的随机编号。"}},
    {"EXISTS_ALREADY", 209, Code::kAlreadyExists, Exit::kChanged,
     {"This exists already", "已经存在"},
     {"", ""}},
    {"NOT_OFFERED", 210, Code::kUnimplemented, Exit::kFailed,
     {"This hub does not offer that call", "本枢纽不提供此调用"},
     {"Client and hub may be of different versions; `wayctl hub status` shows "
      "the hub's.",
      "客户端与枢纽版本可能不一致；`wayctl hub status` 可查看枢纽版本。"}},
    {"CANCELLED", 211, Code::kCancelled, Exit::kFailed,
     {"The call was cancelled", "调用已取消"},
     {"", ""}},
    {"TIMED_OUT", 212, Code::kDeadlineExceeded, Exit::kUnreachable,
     {"The call took longer than its deadline", "调用超过期限"},
     {"Repeating it is safe.", "可以安全重试。"}},
    {"PRECONDITION_FAILED", 213, Code::kFailedPrecondition, Exit::kFailed,
     {"The state does not allow this now", "当前状态不允许此操作"},
     {"", ""}},

    // --- 3: what an update breaks ---
    {"REVISION_REUSED", 301, Code::kInvalidArgument, Exit::kFindings,
     {"This revision of the record was sent before with other content",
      "该记录的此修订号曾以不同内容报送"},
     {"Raise the revision with each change of the record.",
      "记录每次变更时请增大修订号。"}},
    {"MINOR_WITHOUT_GUARDIAN", 302, Code::kInvalidArgument, Exit::kFindings,
     {"A child under 14 needs a guardian's consent",
      "未满十四周岁未成年人须有监护人同意"},
     {"Send the reference of the consent that your agency holds.",
      "请附上贵机构所持监护人同意书的编号。"}},
    {"RECORD_KEY_INVALID", 303, Code::kInvalidArgument, Exit::kFindings,
     {"The record key is empty, too long or not text",
      "记录主键为空、过长或不是文本"},
     {"1 to 128 bytes of UTF-8 without control characters.",
      "应为 1 至 128 字节的 UTF-8 文本，不含控制字符。"}},
    {"RECORD_KEY_PERSONAL", 304, Code::kInvalidArgument, Exit::kFindings,
     {"The record key holds a personal value", "记录主键中含有个人信息"},
     {"Use a key of your own system, never a citizen or phone number.",
      "请使用本系统自有主键，不得使用公民身份号码或电话号码。"}},
    {"REVISION_MISSING", 305, Code::kInvalidArgument, Exit::kFindings,
     {"The revision is 0", "修订号为 0"},
     {"Count from 1.", "请从 1 开始编号。"}},
    {"UPDATE_UNREADABLE", 306, Code::kInvalidArgument, Exit::kFindings,
     {"The update's bytes are no Update message",
      "更新内容不是有效的 Update 消息"},
     {"", ""}},
    {"UNKNOWN_FIELDS", 307, Code::kInvalidArgument, Exit::kFindings,
     {"The update holds fields that this hub does not know",
      "更新内容含有本枢纽不认识的字段"},
     {"Nothing is taken unread. Use the hub's version of the contract.",
      "未识别的内容一概不收。请使用与枢纽一致的接口版本。"}},
    {"NOTHING_CLAIMED", 308, Code::kInvalidArgument, Exit::kFindings,
     {"The update names no attribute and retracts nothing",
      "更新既未涉及任何属性，也未撤回记录"},
     {"Name the attributes in `mask`.", "请在 `mask` 中列出属性。"}},
    {"RETRACTION_WITH_CLAIMS", 309, Code::kInvalidArgument, Exit::kFindings,
     {"A retraction of the whole record cannot claim anything",
      "撤回整条记录时不得再作任何主张"},
     {"", ""}},
    {"VALUE_UNREADABLE", 310, Code::kInvalidArgument, Exit::kFindings,
     {"The value is not text that can be read", "取值不是可读文本"},
     {"Invalid UTF-8 or control characters: look at the source's encoding.",
      "含非法 UTF-8 或控制字符，请检查源数据编码。"}},
    {"VALUE_TOO_LONG", 311, Code::kInvalidArgument, Exit::kFindings,
     {"The value is longer than its field may be", "取值超过字段长度上限"},
     {"", ""}},
    {"TOO_MANY_ENTRIES", 312, Code::kInvalidArgument, Exit::kFindings,
     {"The set holds more entries than it may", "集合条目数超过上限"},
     {"", ""}},
    {"ENTRY_TWICE", 313, Code::kInvalidArgument, Exit::kFindings,
     {"Two entries of the set have the same key", "集合中有两个条目键值相同"},
     {"", ""}},
    {"TIME_INVALID", 314, Code::kInvalidArgument, Exit::kFindings,
     {"The time cannot be: out of range, or recorded in the future",
      "时间无效：超出范围，或登记时间在未来"},
     {"Look at the source system's clock and time zone.",
      "请检查源系统的时钟与时区。"}},
    {"DATE_IMPOSSIBLE", 315, Code::kInvalidArgument, Exit::kFindings,
     {"There is no such date", "不存在该日期"},
     {"", ""}},
    {"CODE_UNKNOWN", 316, Code::kInvalidArgument, Exit::kFindings,
     {"The code does not stand in the named list", "代码不在所注明的代码表中"},
     {"", ""}},
    {"ATTRIBUTE_NOT_ACCEPTED", 317, Code::kInvalidArgument, Exit::kFindings,
     {"This sector may not claim this attribute", "该部门不得报送此属性"},
     {"Take the column out of the mapping.", "请从映射中去除该列。"}},
    {"HEALTH_SERVICE_REFUSED", 318, Code::kInvalidArgument, Exit::kFindings,
     {"Health services are never stored with a person",
      "卫生类服务不得与个人一并存储"},
     {"", ""}},
    {"RETRACTION_REASON_MISSING", 319, Code::kInvalidArgument, Exit::kFindings,
     {"A retraction must say why", "撤回必须说明原因"},
     {"", ""}},
    {"DETAIL_WITHOUT_CLAIM", 320, Code::kInvalidArgument, Exit::kFindings,
     {"A detail names an attribute that the update does not claim",
      "明细所指属性未在更新中主张"},
     {"", ""}},

    // --- 4: frames and signatures ---
    {"FRAME_TOO_LARGE", 401, Code::kInvalidArgument, Exit::kFailed,
     {"The frame is over the limit", "数据帧超过上限"},
     {"At most 256 updates and 1 MiB: send more, smaller frames.",
      "每帧最多 256 条更新、1 MiB，请拆分后发送。"}},
    {"FRAME_UNREADABLE", 402, Code::kInvalidArgument, Exit::kFailed,
     {"The frame cannot be read", "数据帧无法读取"},
     {"", ""}},
    {"FRAME_EMPTY", 403, Code::kInvalidArgument, Exit::kFailed,
     {"The frame holds no update", "数据帧不含任何更新"},
     {"", ""}},
    {"SIGNATURE_MISSING", 404, Code::kInvalidArgument, Exit::kNotAllowed,
     {"The agency's policy asks for a signature", "按该机构策略必须签名"},
     {"Sign the frame with a registered key.",
      "请用已登记的密钥对数据帧签名。"}},
    {"SIGNATURE_INVALID", 405, Code::kInvalidArgument, Exit::kNotAllowed,
     {"The signature does not fit what it covers", "签名与其覆盖的内容不符"},
     {"Check key id, salts and the order of updates; test vectors stand in "
      "proto/testvectors.",
      "请核对密钥编号、盐值与更新次序；测试向量见 proto/testvectors。"}},
    {"SIGNING_KEY_UNKNOWN", 406, Code::kInvalidArgument, Exit::kNotAllowed,
     {"The agency has no such signing key in force",
      "该机构没有处于有效期的此签名密钥"},
     {"An operator registers keys with `wayctl agency put`.",
      "请运维人员用 `wayctl agency put` 登记密钥。"}},
    {"SALTS_INVALID", 407, Code::kInvalidArgument, Exit::kFailed,
     {"The salts do not fit the updates", "盐值与更新不对应"},
     {"One salt of 16 random bytes per update; a signed frame needs them.",
      "每条更新对应一个 16 字节随机盐值；签名帧必须携带。"}},

    // --- 5: administration ---
    {"OVER_CEILING", 501, Code::kFailedPrecondition, Exit::kNotAllowed,
     {"The agreement allows more than the compiled ceiling does",
      "协议授权超出内置上限"},
     {"Take out the named grants. The ceiling is part of the program and no "
      "setting raises it.",
      "请去除所列授权项。上限内置于程序，任何配置均不能提高。"}},
    {"NO_LEGAL_BASIS", 502, Code::kFailedPrecondition, Exit::kNotAllowed,
     {"The agreement names no legal basis or no impact assessment",
      "协议未注明法律依据或影响评估"},
     {"Name statute and article, and the reference of the assessment (PIPL "
      "art. 55).",
      "请注明法律及条款，以及个人信息保护影响评估编号（个人信息保护法第五十五"
      "条）。"}},
    {"AGREEMENT_INVALID", 503, Code::kInvalidArgument, Exit::kUsage,
     {"The agreement cannot be applied as it is written",
      "协议内容有误，无法生效"},
     {"", ""}},
    {"AGREEMENT_VERSION", 504, Code::kFailedPrecondition, Exit::kChanged,
     {"An agreement changes only under a higher version",
      "协议变更必须提高版本号"},
     {"Raise `version`.", "请提高 `version`。"}},
    {"AGREEMENT_REVOKED", 505, Code::kFailedPrecondition, Exit::kChanged,
     {"The agreement has been revoked", "协议已被撤销"},
     {"Apply a new one under another id.", "请以新的编号另行申请。"}},
    {"AGENCY_INVALID", 506, Code::kInvalidArgument, Exit::kUsage,
     {"The agency's entry is not valid", "机构登记内容无效"},
     {"", ""}},
    {"CERTIFICATE_REQUEST_UNREADABLE", 507, Code::kInvalidArgument, Exit::kUsage,
     {"This is no PKCS #10 request, or it is not signed by its own key",
      "不是有效的 PKCS #10 请求，或未由其自身密钥签名"},
     {"Make one with `wayctl cert request`, or with `openssl req -new`.",
      "请用 `wayctl cert request` 或 `openssl req -new` 生成。"}},
    {"CERTIFICATE_KEY_WEAK", 508, Code::kInvalidArgument, Exit::kUsage,
     {"The key of the request is of a weak or unknown kind",
      "请求中的密钥强度不足或类型不支持"},
     {"EC on P-256 or P-384, Ed25519, or RSA of 3,072 bits and more.",
      "应为 P-256 或 P-384 椭圆曲线、Ed25519，或不少于 3072 位的 RSA。"}},
    {"IDENTITY_INVALID", 509, Code::kInvalidArgument, Exit::kUsage,
     {"No certificate can be issued for this identity", "无法为该身份签发证书"},
     {"agency/<id>, agency/<id>/clerk/<name>, office/<name> or "
      "operator/<name>, in lower case. Auditors have an authority of their "
      "own.",
      "应为小写的 agency/<id>、agency/<id>/clerk/<name>、office/<name> 或 "
      "operator/<name>。审计员证书由另一机构签发。"}},
    {"DAYS_INVALID", 510, Code::kInvalidArgument, Exit::kUsage,
     {"A certificate lasts 1 to 825 days", "证书有效期应为 1 至 825 天"},
     {"", ""}},
    {"NO_AUTHORITY", 511, Code::kFailedPrecondition, Exit::kFailed,
     {"This hub has no authority to sign certificates with",
      "本枢纽未配置签发证书的机构"},
     {"Set `authority` in the hub's configuration, or sign elsewhere.",
      "请在枢纽配置中设置 `authority`，或在别处签发。"}},
    {"CERTIFICATE_NOT_ISSUED", 512, Code::kNotFound, Exit::kNotFound,
     {"This hub has not issued a certificate with this serial",
      "本枢纽未签发过该序列号的证书"},
     {"`wayctl cert list` shows what was issued.",
      "`wayctl cert list` 可查看已签发证书。"}},

    // --- 6: decisions ---
    {"CHANGED_MEANWHILE", 601, Code::kAborted, Exit::kChanged,
     {"What is held has changed since it was read", "内容在读取之后已发生变化"},
     {"Read it again and decide on what stands now.",
      "请重新读取，并依据当前内容处理。"}},
    {"DECISION_STANDS", 602, Code::kAlreadyExists, Exit::kChanged,
     {"Another decision rules on this", "已有其他裁定"},
     {"Undo that one first, if it is wrong.", "如该裁定有误，请先撤销。"}},
    {"DECISION_UNDONE", 603, Code::kFailedPrecondition, Exit::kChanged,
     {"The decision has been undone already", "该裁定已被撤销"},
     {"", ""}},
    {"CLAIM_NOT_THERE", 604, Code::kInvalidArgument, Exit::kUsage,
     {"The chosen claim does not take part in this conflict",
      "所选主张不属于该冲突"},
     {"Choose one of the claims that `wayctl conflict show` lists.",
      "请选择 `wayctl conflict show` 所列主张之一。"}},
    {"DECISION_KIND_WRONG", 605, Code::kInvalidArgument, Exit::kUsage,
     {"This kind of decision does not settle this kind of item",
      "该类裁定不适用于此类事项"},
     {"Conflicts are settled by choosing a claim, candidates by same or "
      "different.",
      "冲突应选择一项主张；疑似同一人应裁定相同或不同。"}},
    {"DECISION_CONTRADICTS", 606, Code::kFailedPrecondition, Exit::kChanged,
     {"The decision contradicts one that stands", "该裁定与现行裁定矛盾"},
     {"Undo the earlier decision first, if it is wrong.",
      "如先前裁定有误，请先撤销。"}},

    // --- 7: the hub's state ---
    {"INTERNAL", 701, Code::kInternal, Exit::kFailed,
     {"The hub made a mistake", "枢纽内部错误"},
     {"The hub's log says more. Repeating the call is safe.",
      "详情见枢纽日志。可以安全重试。"}},
    {"UNKNOWN", 702, Code::kUnknown, Exit::kFailed,
     {"The call failed without saying why", "调用失败，原因不明"},
     {"", ""}},
    {"UNREACHABLE", 703, Code::kUnavailable, Exit::kUnreachable,
     {"The hub does not answer", "枢纽无应答"},
     {"Check address, network and certificates; repeating is safe.",
      "请检查地址、网络与证书；可以安全重试。"}},
    {"QUEUE_FULL", 704, Code::kResourceExhausted, Exit::kUnreachable,
     {"The queue of updates is full", "更新队列已满"},
     {"Come again after the time that the answer names, or use the stream.",
      "请在答复所示时间后重试，或改用流式报送。"}},
    {"DISK_FULL", 705, Code::kUnavailable, Exit::kUnreachable,
     {"The hub's disk is full; nothing was written",
      "枢纽磁盘已满，未写入任何内容"},
     {"Free space on the hub; it goes on by itself. Repeating is safe.",
      "请在枢纽上释放空间，之后将自行恢复。可以安全重试。"}},
    {"STORE_FAILED", 706, Code::kUnavailable, Exit::kUnreachable,
     {"The hub's store failed; the outcome is not known",
      "枢纽存储故障，结果未知"},
     {"The hub starts again. Repeat the call: what was taken is recognised.",
      "枢纽将重新启动。请重试，已收到的内容会被识别。"}},
    {"DRAINING", 707, Code::kUnavailable, Exit::kUnreachable,
     {"The hub is shutting down", "枢纽正在停止"},
     {"Repeat the call when it is back.", "请待枢纽恢复后重试。"}},
    {"STORE_DAMAGED", 708, Code::kDataLoss, Exit::kFindings,
     {"A stored row is damaged", "存储的数据行已损坏"},
     {"`wayctl hub check` names it; restore it from a backup.",
      "`wayctl hub check` 会指出位置；请从备份恢复。"}},
    {"LIMIT_REACHED", 709, Code::kResourceExhausted, Exit::kUnreachable,
     {"A limit was reached", "已达到上限"},
     {"Send less at once, or later.", "请减少单次数量，或稍后再试。"}},
    {"STARTING", 710, Code::kUnavailable, Exit::kUnreachable,
     {"The hub is starting", "枢纽正在启动"},
     {"", ""}},

    // --- 8: start-up and files ---
    {"CONFIG_INVALID", 801, Code::kInvalidArgument, Exit::kUsage,
     {"The configuration file is not valid", "配置文件无效"},
     {"Mend the named lines; the comments of the file that `waystationd init` "
      "writes explain each key.",
      "请更正所列各行；`waystationd init` 生成的文件中有各项说明。"}},
    {"FILE_MISSING", 802, Code::kNotFound, Exit::kNotFound,
     {"The file cannot be read", "无法读取文件"},
     {"", ""}},
    {"KEY_FILE_MISSING", 803, Code::kFailedPrecondition, Exit::kFailed,
     {"The key file is missing", "密钥文件不存在"},
     {"Without it nothing that is stored can be read: restore it from where "
      "it is kept safe. `waystationd init DIR` makes one for a new hub.",
      "缺少密钥文件将无法读取已存储的数据，请从保管处恢复。新建枢纽可用 "
      "`waystationd init DIR` 生成。"}},
    {"KEY_FILE_MODE", 804, Code::kFailedPrecondition, Exit::kFailed,
     {"The key file can be read by others than its owner",
      "密钥文件可被所有者以外的用户读取"},
     {"chmod 600 FILE, and ask whether the key is still a secret.",
      "请执行 chmod 600 FILE，并评估密钥是否已经泄露。"}},
    {"KEY_FILE_INVALID", 805, Code::kFailedPrecondition, Exit::kFailed,
     {"The key file does not hold what it should", "密钥文件内容不正确"},
     {"", ""}},
    {"STORE_IN_USE", 806, Code::kFailedPrecondition, Exit::kFailed,
     {"Another hub uses this store", "另一枢纽正在使用该存储"},
     {"Stop that one first. Two hubs on one SQLite store are refused.",
      "请先停止另一枢纽。同一 SQLite 存储不允许两个枢纽同时使用。"}},
    {"STORE_FOREIGN", 807, Code::kFailedPrecondition, Exit::kFailed,
     {"The store was written with other keys, or for another log origin",
      "该存储由其他密钥写入，或属于另一日志来源"},
     {"Check `key_file`, `log_origin` and `store` in the configuration.",
      "请检查配置中的 `key_file`、`log_origin` 与 `store`。"}},
    {"STORE_VERSION", 808, Code::kFailedPrecondition, Exit::kFailed,
     {"The store was written by a newer version", "该存储由更新的版本写入"},
     {"Start a hub of that version.", "请启动相应版本的枢纽。"}},
    {"PORT_TAKEN", 809, Code::kFailedPrecondition, Exit::kFailed,
     {"The address is taken or cannot be listened on",
      "地址已被占用或无法监听"},
     {"Choose another `listen` address, or stop who holds it.",
      "请更换 `listen` 地址，或停止占用该地址的程序。"}},
    {"CERTIFICATE_FILE_INVALID", 810, Code::kFailedPrecondition, Exit::kFailed,
     {"The certificate file cannot be used", "证书文件不可用"},
     {"", ""}},
    {"NOT_LOOPBACK", 811, Code::kInvalidArgument, Exit::kUsage,
     {"This address must be on loopback", "该地址必须为本机回环地址"},
     {"Use 127.0.0.1 or [::1]; put a proxy in front for anything else.",
      "请使用 127.0.0.1 或 [::1]；如需对外请另设代理。"}},
    {"FOLDER_NOT_EMPTY", 812, Code::kAlreadyExists, Exit::kFailed,
     {"The folder is not empty; nothing is overwritten",
      "文件夹不为空，不会覆盖任何内容"},
     {"Name a new folder.", "请指定新的文件夹。"}},
    {"USAGE", 813, Code::kInvalidArgument, Exit::kUsage,
     {"The command line is not right", "命令行用法有误"},
     {"`--help` shows how.", "请参阅 `--help`。"}},

    // --- 10: why a claim stands ---
    {"CLAIMS_AGREE", 1001, Code::kOk, Exit::kDone,
     {"All claims agree", "各方主张一致"},
     {"", ""}},
    {"BETTER_EVIDENCE", 1002, Code::kOk, Exit::kDone,
     {"It rests on the better evidence", "其依据更为可靠"},
     {"", ""}},
    {"HIGHER_AUTHORITY", 1003, Code::kOk, Exit::kDone,
     {"Its sector has authority over this attribute", "该属性以其所属部门为准"},
     {"", ""}},
    {"LATER_VALID_TIME", 1004, Code::kOk, Exit::kDone,
     {"It began to be true later", "其生效时间较晚"},
     {"", ""}},
    {"LATER_RECORDED_TIME", 1005, Code::kOk, Exit::kDone,
     {"It was recorded later", "其登记时间较晚"},
     {"", ""}},
    {"MORE_SOURCES", 1006, Code::kOk, Exit::kDone,
     {"More agencies state it", "有更多机构作此主张"},
     {"", ""}},
    {"DECIDED", 1007, Code::kOk, Exit::kDone,
     {"A clerk of the office decided so", "由办公室工作人员裁定"},
     {"", ""}},

    // --- 11: why something is open ---
    {"RULES_EXHAUSTED", 1101, Code::kOk, Exit::kDone,
     {"No criterion of the rule prefers one of the values",
      "规则中没有标准能区分各取值"},
     {"", ""}},
    {"RESULT_CONTESTED", 1102, Code::kOk, Exit::kDone,
     {"A later criterion prefers another value by more than its window",
      "后位标准倾向另一取值，且超出容许期限"},
     {"", ""}},
    {"NAME_CONTRADICTS", 1103, Code::kOk, Exit::kDone,
     {"The number agrees and the name contradicts", "号码一致而姓名不符"},
     {"", ""}},
    {"NAME_MISSING", 1104, Code::kOk, Exit::kDone,
     {"The number agrees, and neither name nor birth date can confirm it",
      "号码一致，但姓名与出生日期均无法印证"},
     {"", ""}},
    {"KEPT_APART", 1105, Code::kOk, Exit::kDone,
     {"Something holds the two records apart", "存在使两条记录不能合并的约束"},
     {"", ""}},
    {"SAME_AGENCY_TWICE", 1106, Code::kOk, Exit::kDone,
     {"One agency holds both records under different keys",
      "两条记录属于同一机构的不同主键"},
     {"", ""}},

    // --- 12: findings of a check ---
    {"ROW_DAMAGED", 1201, Code::kOk, Exit::kFindings,
     {"The row's checksum does not fit", "数据行校验不符"},
     {"Restore it from a backup.", "请从备份恢复。"}},
    {"SEAL_BROKEN", 1202, Code::kOk, Exit::kFindings,
     {"The sealed row cannot be opened with this key",
      "密封数据行无法用该密钥打开"},
     {"Restore it from a backup.", "请从备份恢复。"}},
    {"LOG_DIFFERS", 1203, Code::kOk, Exit::kFindings,
     {"The audit log does not fit its frontier", "审计日志与其前沿值不符"},
     {"`wayctl audit verify` names the first bad entry.",
      "`wayctl audit verify` 会指出首个有误条目。"}},
    {"MEMBERSHIP_BROKEN", 1204, Code::kOk, Exit::kFindings,
     {"A record belongs to no person, or to more than one",
      "记录未归属任何人，或归属多人"},
     {"", ""}},
};
// clang-format on

constexpr std::string_view GeneralName(Code code) {
  switch (code) {
    case Code::kCancelled:
      return "CANCELLED";
    case Code::kInvalidArgument:
      return "INVALID_REQUEST";
    case Code::kDeadlineExceeded:
      return "TIMED_OUT";
    case Code::kNotFound:
      return "NOT_AVAILABLE";
    case Code::kAlreadyExists:
      return "EXISTS_ALREADY";
    case Code::kPermissionDenied:
      return "NOT_ALLOWED";
    case Code::kResourceExhausted:
      return "LIMIT_REACHED";
    case Code::kFailedPrecondition:
      return "PRECONDITION_FAILED";
    case Code::kAborted:
      return "CHANGED_MEANWHILE";
    case Code::kOutOfRange:
      return "OUT_OF_RANGE";
    case Code::kUnimplemented:
      return "NOT_OFFERED";
    case Code::kUnavailable:
      return "UNREACHABLE";
    case Code::kDataLoss:
      return "STORE_DAMAGED";
    case Code::kUnauthenticated:
      return "NO_IDENTITY";
    case Code::kUnknown:
      return "UNKNOWN";
    default:
      return "INTERNAL";
  }
}

}  // namespace

std::span<const Reason> Reasons() { return kReasons; }

const Reason* FindReason(std::string_view name) {
  const auto* const found = std::ranges::find(kReasons, name, &Reason::name);
  return found == std::end(kReasons) ? nullptr : found;
}

const Reason* FindReason(std::uint32_t number) {
  const auto* const found =
      std::ranges::lower_bound(kReasons, number, {}, &Reason::number);
  return found == std::end(kReasons) || found->number != number ? nullptr
                                                                : found;
}

const Reason& GeneralReason(absl::StatusCode code) {
  return *FindReason(GeneralName(code));
}

}  // namespace waystation::errors
