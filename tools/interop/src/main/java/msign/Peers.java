package msign;

import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.enumerations.MimeTypeEnum;
import eu.europa.esig.dss.enumerations.SignatureLevel;
import eu.europa.esig.dss.enumerations.SignaturePackaging;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.DigestDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.SignatureValue;
import eu.europa.esig.dss.model.TimestampBinary;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.enumerations.SignatureAlgorithm;
import eu.europa.esig.dss.pades.PAdESSignatureParameters;
import eu.europa.esig.dss.pades.signature.PAdESService;
import eu.europa.esig.dss.pdf.pdfbox.PdfBoxNativeObjectFactory;
import eu.europa.esig.dss.signature.resources.TempFileResourcesHandlerBuilder;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.tsp.TSPSource;
import eu.europa.esig.dss.xades.XAdESSignatureParameters;
import eu.europa.esig.dss.xades.signature.XAdESService;
import org.apache.pdfbox.Loader;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.PDSignature;
import org.apache.pdfbox.pdmodel.interactive.digitalsignature.SignatureOptions;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.DERSet;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.ess.ESSCertIDv2;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.CMSSignedData;
import org.bouncycastle.cms.CMSSignedDataGenerator;
import org.bouncycastle.cms.CMSTypedData;
import org.bouncycastle.cms.DefaultSignedAttributeTableGenerator;
import org.bouncycastle.cms.SignerInformation;
import org.bouncycastle.cms.SignerInformationStore;
import org.bouncycastle.cms.jcajce.JcaSignerInfoGeneratorBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TSPAlgorithms;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponseGenerator;
import org.bouncycastle.tsp.TimeStampTokenGenerator;

import java.io.File;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Security;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Locale;

/**
 * Times Java signers on the work that ours are timed on: PAdES-B-T file to file, XAdES-B-T over a digest, with a
 * time-stamping authority in the same process. Arguments: signer.p12 tsa.p12 password scratch-folder runs PDF...
 * Writes a line for each: peer, work, median milliseconds, peak megabytes; fields divided by tabs.
 */
public final class Peers {
    private interface Work { void run() throws Exception; }

    private final PrivateKey key;
    private final X509Certificate certificate;
    private final List<X509Certificate> chain;
    private final PrivateKey tsaKey;
    private final X509Certificate tsaCertificate;
    private final File scratch;
    private long serial = System.nanoTime();

    private Peers(String[] args) throws Exception {
        KeyStore signer = load(args[0], args[2]);
        String alias = signer.aliases().nextElement();
        key = (PrivateKey) signer.getKey(alias, args[2].toCharArray());
        chain = new ArrayList<>();
        for (java.security.cert.Certificate one : signer.getCertificateChain(alias)) {
            chain.add((X509Certificate) one);
        }
        certificate = chain.get(0);
        KeyStore tsa = load(args[1], args[2]);
        alias = tsa.aliases().nextElement();
        tsaKey = (PrivateKey) tsa.getKey(alias, args[2].toCharArray());
        tsaCertificate = (X509Certificate) tsa.getCertificate(alias);
        scratch = new File(args[3]);
    }

    public static void main(String[] args) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        Peers peers = new Peers(args);
        int runs = Integer.parseInt(args[4]);
        for (String name : Arrays.asList(args).subList(5, args.length)) {
            File pdf = new File(name);
            int counted = pdf.length() > 5_000_000 ? Math.max(3, runs / 5) : runs;
            report("PDFBox and Bouncy Castle", pdf.getName(), counted, () -> peers.pdfbox(pdf));
            report("DSS", pdf.getName(), counted, () -> peers.dssPades(pdf));
        }
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(new byte[] {1, 7});
        report("DSS", "xades", runs, () -> peers.dssXades(digest));
    }

    private static void report(String peer, String work, int runs, Work body) {
        try {
            for (int warm = 0; warm < Math.max(3, runs); warm++) {
                body.run();
            }
            double[] durations = new double[runs];
            for (int run = 0; run < runs; run++) {
                long started = System.nanoTime();
                body.run();
                durations[run] = (System.nanoTime() - started) / 1e6;
            }
            Arrays.sort(durations);
            long used = (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20;
            System.out.printf(Locale.ROOT, "%s\t%s\t%.3f\t%d%n", peer, work, durations[runs / 2], used);
        } catch (Exception | OutOfMemoryError error) {
            System.out.printf("%s\t%s\tfailed\t%s%n", peer, work, error);
        }
    }

    private void pdfbox(File source) throws Exception {
        File target = new File(scratch, "pdfbox.pdf");
        try (PDDocument document = Loader.loadPDF(source); OutputStream out = new FileOutputStream(target)) {
            PDSignature signature = new PDSignature();
            signature.setFilter(PDSignature.FILTER_ADOBE_PPKLITE);
            signature.setSubFilter(org.apache.pdfbox.cos.COSName.getPDFName("ETSI.CAdES.detached"));
            signature.setSignDate(java.util.Calendar.getInstance());
            SignatureOptions options = new SignatureOptions();
            options.setPreferredSignatureSize(16384);
            document.addSignature(signature, this::cms, options);
            document.saveIncremental(out);
        }
    }

    private byte[] cms(InputStream content) throws java.io.IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (int count; (count = content.read(buffer)) > 0; ) {
                digest.update(buffer, 0, count);
            }
            byte[] hash = digest.digest();
            ESSCertIDv2 id = new ESSCertIDv2(MessageDigest.getInstance("SHA-256").digest(certificate.getEncoded()));
            ASN1EncodableVector attributes = new ASN1EncodableVector();
            attributes.add(new Attribute(PKCSObjectIdentifiers.id_aa_signingCertificateV2, new DERSet(new SigningCertificateV2(new ESSCertIDv2[] {id}))));
            attributes.add(new Attribute(PKCSObjectIdentifiers.pkcs_9_at_messageDigest, new DERSet(new org.bouncycastle.asn1.DEROctetString(hash))));
            CMSSignedDataGenerator generator = new CMSSignedDataGenerator();
            JcaSignerInfoGeneratorBuilder builder = new JcaSignerInfoGeneratorBuilder(new JcaDigestCalculatorProviderBuilder().build());
            builder.setSignedAttributeGenerator(new DefaultSignedAttributeTableGenerator(new AttributeTable(attributes)));
            generator.addSignerInfoGenerator(builder.build(new JcaContentSignerBuilder("SHA256withRSA").build(key), certificate));
            generator.addCertificates(new JcaCertStore(chain));
            CMSTypedData absent = new CMSProcessableByteArray(new byte[0]);
            return stamped(generator.generate(absent, false)).getEncoded();
        } catch (java.io.IOException error) {
            throw error;
        } catch (Exception error) {
            throw new java.io.IOException(error);
        }
    }

    private CMSSignedData stamped(CMSSignedData signed) throws Exception {
        SignerInformation signer = signed.getSignerInfos().iterator().next();
        byte[] imprint = MessageDigest.getInstance("SHA-256").digest(signer.getSignature());
        ASN1EncodableVector attributes = new ASN1EncodableVector();
        attributes.add(new Attribute(PKCSObjectIdentifiers.id_aa_signatureTimeStampToken,
                new DERSet(org.bouncycastle.asn1.ASN1Primitive.fromByteArray(token(imprint)))));
        SignerInformation done = SignerInformation.replaceUnsignedAttributes(signer, new AttributeTable(attributes));
        return CMSSignedData.replaceSigners(signed, new SignerInformationStore(done));
    }

    private byte[] token(byte[] imprint) throws Exception {
        TimeStampRequestGenerator asks = new TimeStampRequestGenerator();
        asks.setCertReq(true);
        TimeStampRequest request = asks.generate(TSPAlgorithms.SHA256, imprint, BigInteger.valueOf(serial));
        TimeStampTokenGenerator tokens = new TimeStampTokenGenerator(
                new JcaSimpleSignerInfoGeneratorBuilder().build(
                        tsaKey.getAlgorithm().startsWith("EC") ? "SHA256withECDSA" : "SHA256withRSA", tsaKey, tsaCertificate),
                new JcaDigestCalculatorProviderBuilder().build().get(new org.bouncycastle.asn1.x509.AlgorithmIdentifier(
                        org.bouncycastle.asn1.nist.NISTObjectIdentifiers.id_sha256)),
                new ASN1ObjectIdentifier("1.3.6.1.4.1.99999.1.1"));
        tokens.addCertificates(new JcaCertStore(List.of(tsaCertificate)));
        return new TimeStampResponseGenerator(tokens, TSPAlgorithms.ALLOWED)
                .generate(request, BigInteger.valueOf(serial++), new Date()).getTimeStampToken().getEncoded();
    }

    private TSPSource tsp() {
        return (algorithm, imprint) -> {
            try {
                return new TimestampBinary(token(imprint));
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        };
    }

    private void dssPades(File source) throws Exception {
        PAdESService service = new PAdESService(new CommonCertificateVerifier());
        service.setTspSource(tsp());
        PdfBoxNativeObjectFactory factory = new PdfBoxNativeObjectFactory();
        factory.setResourcesHandlerBuilder(new TempFileResourcesHandlerBuilder());
        service.setPdfObjFactory(factory);
        PAdESSignatureParameters parameters = new PAdESSignatureParameters();
        parameters.setSignatureLevel(SignatureLevel.PAdES_BASELINE_T);
        parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
        parameters.setSigningCertificate(new CertificateToken(certificate));
        parameters.setCertificateChain(tokens());
        parameters.setContentSize(16384);
        parameters.getSignatureTimestampParameters().setDigestAlgorithm(DigestAlgorithm.SHA256);
        DSSDocument document = new FileDocument(source);
        byte[] data = service.getDataToSign(document, parameters).getBytes();
        save(service.signDocument(document, parameters, value(data)), "dss.pdf");
    }

    private void dssXades(byte[] digest) throws Exception {
        XAdESService service = new XAdESService(new CommonCertificateVerifier());
        service.setTspSource(tsp());
        XAdESSignatureParameters parameters = new XAdESSignatureParameters();
        parameters.setSignatureLevel(SignatureLevel.XAdES_BASELINE_T);
        parameters.setSignaturePackaging(SignaturePackaging.DETACHED);
        parameters.setDigestAlgorithm(DigestAlgorithm.SHA256);
        parameters.setSigningCertificate(new CertificateToken(certificate));
        parameters.setCertificateChain(tokens());
        parameters.getSignatureTimestampParameters().setDigestAlgorithm(DigestAlgorithm.SHA256);
        DigestDocument document = new DigestDocument(DigestAlgorithm.SHA256, Base64.getEncoder().encodeToString(digest));
        document.setName("document");
        document.setMimeType(MimeTypeEnum.BINARY);
        byte[] data = service.getDataToSign(document, parameters).getBytes();
        save(service.signDocument(document, parameters, value(data)), "dss.xml");
    }

    private SignatureValue value(byte[] data) throws Exception {
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key);
        signature.update(data);
        return new SignatureValue(SignatureAlgorithm.RSA_SHA256, signature.sign());
    }

    private List<CertificateToken> tokens() {
        return chain.stream().map(CertificateToken::new).toList();
    }

    private void save(DSSDocument document, String name) throws Exception {
        document.save(new File(scratch, name).getPath());
    }

    private static KeyStore load(String path, String password) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = new FileInputStream(path)) {
            store.load(in, password.toCharArray());
        }
        return store;
    }
}
